"""Signing in to the console with Kerberos: a real browser, a private realm."""

from kerberos_realm import Realm
from test_console import ConsoleTest


class KerberosSignIn(ConsoleTest):
    def configure(self):
        self.realm = Realm(self.site.folder)
        self.addCleanup(self.realm.stop)
        self.realm.start()
        settings = self.site.data / "site.toml"
        text = settings.read_text()
        settings.write_text(text.replace("[http]\n", f'[http]\nkeytab = "{self.realm.keytab}"\n'))
        self.site.extra = self.realm.environment

    def test_console_takes_the_user_of_the_computer(self):
        self.realm.sign_in("anna")
        self.site.post("SMS_Admin", {
            "LogonName": "EXAMPLE\\anna",
            "Permissions": [{"@odata.type": "#AdminService.SMS_APermission", "CategoryID": "SMS00ALL",
                             "CategoryTypeID": 29, "RoleID": "SMS0001R"}]})
        self.browse("kerberos", WW_URL=self.site.server.replace("127.0.0.1", "localhost"), **self.realm.environment)
