"""What the examples do, and the habits of scripts that they stand for."""

import re
import sys

import program
from served_site import Site, SiteTest, quote

EXAMPLES = program.ROOT / "examples"
TOKEN = {"@odata.type": "#AdminService.SMS_ST_NonRecurring", "StartTime": "2026-11-20T01:00:00Z",
         "DayDuration": 0, "HourDuration": 0, "MinuteDuration": 0, "IsGMT": False}
TOKEN_TEXT = "0034BE0000080000"  # admin-service.md 6


class ExampleTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = cls.site.add_image("Windows 11's image")
        cls.updates = cls.site.add_updates("windows10.0-kb9000102-x86.msu", "windows10.0-kb9000102-x64.msu")
        cls.group = cls.site.add_group("November 2026", cls.updates)

    def example(self, *arguments, **changes):
        given = {"server": self.site.server, "user": "admin", "password-file": self.site.password_file,
                 "ca": self.site.ca, "image-name": "Windows 11's image",
                 "update-group-name": "november 2026", **changes}
        words = [word for name, value in given.items() for word in ("--" + name, value)]
        return self.site.shell(sys.executable, EXAMPLES / "schedule_servicing.py", *words, *arguments)

    def schedules(self):
        return sorted(one["ScheduleID"] for one in self.site.list("SMS_ImageServicingSchedule"))

    def rows(self, schedule):
        condition = f"ScheduleID eq {schedule}"
        return ([one["ImagePackageID"] for one in
                 self.site.list("SMS_ImageServicingScheduledImage", condition)],
                sorted(one["UpdateID"] for one in
                       self.site.list("SMS_ImageServicingScheduledUpdate", condition)))

    def test_the_python_example_schedules_an_image(self):
        done = self.example("--start-time", "2030-11-20T01:00:00Z", "--update-dp")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        schedule = int(re.search(r"(?m)^schedule +(\d+)", done.stdout)[1])
        [stored] = self.site.get(f"SMS_ImageServicingSchedule({schedule})")["value"]
        self.assertIs(stored["UpdateDP"], True)
        token = self.site.post("SMS_ScheduleMethods.ReadFromString", {"StringData": stored["Schedule"]})
        self.assertEqual(token["TokenData"][0]["StartTime"], "2030-11-20T01:00:00Z")
        self.assertEqual(self.rows(schedule), ([self.image], sorted(self.updates)))

    def test_the_python_example_says_what_is_wrong(self):
        before = self.schedules()
        for change in ({"image-name": "nobody"}, {"user": "nobody"}, {"server": "https://127.0.0.1:1"}):
            done = self.example(**change)
            self.assertEqual(done.returncode, 1, change)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(self.schedules(), before)

    def test_both_examples_name_the_same_things(self):
        def names(file):
            text = (EXAMPLES / file).read_text()
            found = set(re.findall(r"\bSMS_\w+", text))
            methods = {name for name in ("WriteToString", "RunOfflineServicingManager") if name in text}
            fields = {name for name in (*TOKEN, "Action", "Schedule", "UpdateDP", "ContinueOnError",
                                        "ImagePackageID", "ScheduleID", "UpdateID", "PackageID",
                                        "ServerName", "SiteCode", "__RELPATH", "TokenData") if name in text}
            return found | methods | fields
        self.assertEqual(names("schedule_servicing.py"), names("schedule_servicing.ps1"))

    def test_what_the_powershell_example_sends(self):
        """Its requests as PowerShell would send them: keys of a hash table in any order, the number as text."""
        [image] = self.site.list("SMS_ImagePackage", "Name eq 'Windows 11''s image'")
        text = self.site.post("SMS_ScheduleMethods.WriteToString", {"TokenData": [TOKEN]})["StringData"]
        schedule = self.site.post("SMS_ImageServicingSchedule", {
            "UpdateDP": False, "Schedule": text, "ContinueOnError": False, "Action": 1})
        number = schedule["__RELPATH"].split("=")[1]
        self.site.post("SMS_ImageServicingScheduledImage",
                       {"ScheduleID": number, "ImagePackageID": image["PackageID"]})
        [group] = self.site.list("SMS_AuthorizationList", "LocalizedDisplayName eq 'November 2026'")
        [group] = self.site.get(f"SMS_AuthorizationList({group['CI_ID']})")["value"]
        for update in group["Updates"]:
            self.site.get(f"SMS_SoftwareUpdate({update})")
            self.site.post("SMS_ImageServicingScheduledUpdate", {"UpdateID": update, "ScheduleID": number})
        [site] = self.site.list("SMS_Identification")
        result = self.site.post("SMS_ImagePackage.RunOfflineServicingManager", {
            "SiteCode": site["ThisSiteCode"], "PackageID": image["PackageID"],
            "ServerName": site["SMSSiteServer"]})
        self.assertEqual(result["ReturnValue"], 0)
        self.assertEqual(self.rows(number), ([self.image], sorted(self.updates)))


class HabitTest(SiteTest):
    """What scripts do that a textbook would not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = cls.site.add_image("Habits")
        cls.site.settled(cls.image)  # nobody else changes it while it is read and written back

    def write(self, token_data):
        return self.site.post("SMS_ScheduleMethods.WriteToString", {"TokenData": token_data})["StringData"]

    def schedule(self, **properties):
        return self.site.post("SMS_ImageServicingSchedule", {"Action": 0, **properties})

    def test_write_to_string_takes_one_object_or_an_array(self):
        self.assertEqual(self.write([TOKEN]), TOKEN_TEXT)
        self.assertEqual(self.write(TOKEN), TOKEN_TEXT)
        self.assertEqual(self.write([TOKEN, TOKEN]), TOKEN_TEXT * 2)

    def test_dates_come_in_both_forms(self):
        for start in ("20261120010000.000000+***", "2026-11-20T01:00:00Z", "2026-11-20T01:00:00"):
            self.assertEqual(self.write({**TOKEN, "StartTime": start}), TOKEN_TEXT, start)

    def test_booleans_and_numbers_come_as_text(self):
        for false in ("FALSE", "false", "0", "", 0, False, None):
            self.assertEqual(self.write({**TOKEN, "IsGMT": false, "DayDuration": "0"}), TOKEN_TEXT, false)
        for true in ("TRUE", "True", "1", 1, True):
            made = self.schedule(UpdateDP=true)
            self.assertIs(made["UpdateDP"], True, true)
        self.assertEqual(self.schedule(Action="1")["Action"], 1)
        refused = self.site.ask("POST", "SMS_ImageServicingSchedule", {"Action": "soon"})
        self.assertEqual(refused.status, 400, refused.text)

    def test_the_number_of_a_schedule_is_behind_the_equals_sign(self):
        made = self.schedule()
        self.assertRegex(made["__RELPATH"], r"^SMS_ImageServicingSchedule\.ScheduleID=\d+$")
        self.assertEqual(made["__RELPATH"].split("=")[1], str(made["ScheduleID"]))
        self.assertEqual(made["ScheduleID"] >> 24, 1)

    def test_the_first_schedule_of_a_site_has_the_first_number(self):
        with Site(self.dir) as site:
            made = site.post("SMS_ImageServicingSchedule", {"Action": 0})
        self.assertEqual(made["__RELPATH"], "SMS_ImageServicingSchedule.ScheduleID=16777217")

    def test_names_of_classes_and_properties_have_no_case(self):
        for cls in ("sms_imagepackage", "SMS_IMAGEPACKAGE", "SMS_ImagePackage/"):
            [found] = self.site.get(f"{cls}?$filter={quote(chr(39).join(('name eq ', 'hAbItS', '')))}")["value"]
            self.assertEqual((found["PackageID"], found["__CLASS"]), (self.image, "SMS_ImagePackage"))
        made = self.site.post("sms_imageservicingschedule", {"action": 0, "UPDATEDP": True})
        self.assertIs(made["UpdateDP"], True)

    def test_three_forms_of_a_key(self):
        for key in (f"('{self.image}')", f"(PackageID='{self.image}')", f"/{self.image}"):
            [found] = self.site.get("SMS_ImagePackage" + key)["value"]
            self.assertEqual(found["PackageID"], self.image)
        number = self.schedule()["ScheduleID"]
        self.site.post("SMS_ImageServicingScheduledImage",
                       {"ImagePackageID": self.image, "ScheduleID": str(number)})
        for key in (f"(ImagePackageID='{self.image}',ScheduleID={number})",
                    f"(ScheduleID={number},ImagePackageID='{self.image}')"):
            [found] = self.site.get("SMS_ImageServicingScheduledImage" + key)["value"]
            self.assertEqual(found["__RELPATH"], "SMS_ImageServicingScheduledImage."
                             f'ImagePackageID="{self.image}",ScheduleID={number}')

    def test_text_search_in_a_number(self):
        number = self.schedule()["ScheduleID"]
        text = str(number)
        for condition in (f"contains(ScheduleID,'{text[2:]}')", f"startswith(ScheduleID,'{text}')",
                          f"endswith(ScheduleID,'{text[-4:]}') eq true", f"ScheduleID eq '{text}'",
                          f"ScheduleID eq {text}"):
            found = [one["ScheduleID"] for one in self.site.list("SMS_ImageServicingSchedule", condition)]
            self.assertIn(number, found, condition)
        self.assertEqual(self.site.list("SMS_ImageServicingSchedule", "contains(ScheduleID,'x')"), [])

    def test_like_on_a_number(self):
        number = self.schedule()["ScheduleID"]
        for like in (str(number), "167772%", str(number)[:-1] + "_", str(number)[:-1] + "[0-9]"):
            wql = f"SELECT * FROM SMS_ImageServicingSchedule WHERE ScheduleID LIKE '{like}'"
            found = self.site.get(f"/AdminService/wql?query={quote(wql)}")["value"]
            self.assertIn(number, [one["ScheduleID"] for one in found], like)

    def test_the_component_is_woken_without_package_type(self):
        [site] = self.site.list("SMS_Identification")
        full, short = site["SMSSiteServer"], site["SMSSiteServer"].split(".")[0]
        for server in (full, full.upper(), short, short.upper()):
            for more in ({}, {"PackageType": 257}, {"PackageType": "257"}):
                result = self.site.post("SMS_ImagePackage.RunOfflineServicingManager", {
                    "PackageID": self.image, "ServerName": server, "SiteCode": "lab", **more})
                self.assertEqual(result["ReturnValue"], 0, (server, more))

    def test_the_component_refuses_what_is_no_image(self):
        before = [one["PackageID"] for one in self.site.list("SMS_ImagePackage")]
        for package in ("LAB0FFFF", f"{self.image} {self.image}", "", None):
            answer = self.site.ask("POST", "SMS_ImagePackage.RunOfflineServicingManager", {
                "PackageID": package, "ServerName": "srv", "SiteCode": "LAB"})
            self.assertIn(answer.status, (400, 404), (package, answer.text))
            self.assertTrue(answer.json()["error"]["message"])
        self.assertEqual([one["PackageID"] for one in self.site.list("SMS_ImagePackage")], before)

    def test_lazy_properties_come_by_key_only(self):
        [update] = self.site.add_updates("windows10.0-kb9000103-x86.msu")
        group = self.site.add_group("Lazy", [update])
        [listed] = self.site.list("SMS_AuthorizationList", f"CI_ID eq {group}")
        self.assertIn("Updates", listed["__LAZYPROPERTIES"])
        self.assertFalse(listed["Updates"])
        [whole] = self.site.get(f"SMS_AuthorizationList({group})")["value"]
        self.assertEqual(whole["Updates"], [update])
        # Writing back what a list showed must not wipe what it did not show.
        self.site.patch(f"SMS_AuthorizationList({group})", {"Updates": None})
        [whole] = self.site.get(f"SMS_AuthorizationList({group})")["value"]
        self.assertEqual(whole["Updates"], [update])

    def test_an_object_may_be_written_back_as_it_was_read(self):
        [whole] = self.site.get(f"SMS_ImagePackage('{self.image}')")["value"]
        whole["Description"] = "changed"
        answer = self.site.ask("PUT", f"SMS_ImagePackage('{self.image}')", whole)
        self.assertIn(answer.status, (200, 204), answer.text)
        [after] = self.site.get(f"SMS_ImagePackage('{self.image}')")["value"]
        self.assertEqual(after["Description"], "changed")
        self.assertEqual(after["ImageProperty"], whole["ImageProperty"])
