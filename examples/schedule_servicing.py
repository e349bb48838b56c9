#!/usr/bin/env python3
"""Schedules offline servicing of an image, call by call, over the administration service.

These are the steps that scripts for the SMS Provider take, with the same classes, properties and
methods; only the transport is REST. Python's standard library is all it needs:

    schedule_servicing.py --server https://srv:8443 --user admin --password-file pw --ca cert.pem \\
        --image-name "Windows 11" --update-group-name November

The certificate of a site that wimwright made is DIR/tls/cert.pem. The same calls for PowerShell are
in schedule_servicing.ps1.
"""

import argparse
import base64
import json
import pathlib
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request


class Service:
    """The administration service: https://<server>/AdminService/wmi/<resource>."""

    def __init__(self, server, user, password, ca):
        self.base = server.rstrip("/") + "/AdminService/wmi/"
        self.context = ssl.create_default_context(cafile=ca)
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {pair}", "Accept": "application/json"}

    def call(self, method, resource, body=None):
        headers = dict(self.headers)
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.base + resource, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            # {"error": {"code": "404", "message": "..."}}
            text = error.read().decode(errors="replace")
            try:
                text = json.loads(text)["error"]["message"]
            except (ValueError, LookupError, TypeError):
                pass
            sys.exit(f"{method} {resource}: {error.code}: {text.strip()}")
        except urllib.error.URLError as error:
            sys.exit(f"{self.base}: {error.reason}")

    def list(self, cls, condition=None):
        # A class, a filtered class and a single object all come as {"value": [...]}.
        option = "?$filter=" + urllib.parse.quote(condition, safe="") if condition else ""
        return self.call("GET", cls + option)["value"]

    def get(self, cls, key):
        # Lazy properties come only this way, never in lists.
        text = "'" + key.replace("'", "''") + "'" if isinstance(key, str) else str(key)
        return self.call("GET", f"{cls}({urllib.parse.quote(text, safe='')})")["value"][0]

    def create(self, cls, **properties):
        return self.call("POST", cls, properties)

    def static(self, cls, method, **parameters):
        return self.call("POST", f"{cls}.{method}", parameters)


def literal(text):
    """A text in $filter: a quote in it is doubled."""
    return "'" + text.replace("'", "''") + "'"


def only(found, what, name):
    # Names are not unique: two images may be called the same. Guessing would service the wrong one.
    if len(found) != 1:
        sys.exit(f"{len(found)} {what} are called {name!r}")
    return found[0]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--server", required=True, help="https://srv:8443")
    arguments.add_argument("--user", required=True)
    arguments.add_argument("--password-file", required=True, type=pathlib.Path,
                           help="its first line is the password")
    arguments.add_argument("--ca", help="certificate of the site; default: the system's")
    arguments.add_argument("--image-name", required=True)
    arguments.add_argument("--update-group-name", required=True)
    arguments.add_argument("--start-time", default="2026-01-01T00:00:00Z",
                           help="by the server's clock; a time in the past means now")
    arguments.add_argument("--update-dp", action="store_true",
                           help="send the image to its distribution points afterwards")
    given = arguments.parse_args()
    password = given.password_file.read_text().splitlines()[0]
    service = Service(given.server, given.user, password, given.ca)

    # Which site is this? ServerName and SiteCode are needed in the last step.
    site = service.list("SMS_Identification")[0]

    # 1. The image, by its name.
    image = only(service.list("SMS_ImagePackage", f"Name eq {literal(given.image_name)}"),
                 "images", given.image_name)
    print(f"image      {image['PackageID']} {image['Name']}")

    # 2. When. An SMS_ST_NonRecurring is one point in time; the service is told the class of an
    #    embedded object by its @odata.type.
    token = {
        "@odata.type": "#AdminService.SMS_ST_NonRecurring",
        "StartTime": given.start_time,
        "DayDuration": 0,
        "HourDuration": 0,
        "MinuteDuration": 0,
        "IsGMT": False,
    }

    # 3. Schedules are stored as text; a method of the site turns the object into it. TokenData is an
    #    array; a single object is understood as well.
    schedule_text = service.static("SMS_ScheduleMethods", "WriteToString",
                                   TokenData=[token])["StringData"]

    # 4. The schedule. Its key is made by the site: scripts that get only a path cut the number out
    #    behind the "=" of SMS_ImageServicingSchedule.ScheduleID=16777217. Here it is a property too.
    schedule = service.create("SMS_ImageServicingSchedule", Action=1, Schedule=schedule_text,
                              UpdateDP=given.update_dp, ContinueOnError=False)
    schedule_id = int(schedule["__RELPATH"].split("=")[1])
    print(f"schedule   {schedule_id} {schedule_text}")

    # 5. What it services.
    service.create("SMS_ImageServicingScheduledImage", ImagePackageID=image["PackageID"],
                   ScheduleID=schedule_id)

    # 6. The update group, by its display name; its member list is lazy, so it is fetched by key.
    name = literal(given.update_group_name)
    group = only(service.list("SMS_AuthorizationList", f"LocalizedDisplayName eq {name}"),
                 "update groups", given.update_group_name)
    updates = service.get("SMS_AuthorizationList", group["CI_ID"])["Updates"]

    # 7. and 8. Each update of the group becomes a row of the schedule.
    for ci_id in updates:
        update = service.get("SMS_SoftwareUpdate", ci_id)
        service.create("SMS_ImageServicingScheduledUpdate", ScheduleID=schedule_id, UpdateID=ci_id)
        print(f"update     {ci_id} {update['LocalizedDisplayName'] or update['CI_UniqueID']}")

    # 9. Wake the component. It may begin before this call answers, so this is the last one.
    #    PackageType (257: image) may be left out, as by scripts that are older than it.
    result = service.static("SMS_ImagePackage", "RunOfflineServicingManager",
                            PackageID=image["PackageID"], ServerName=site["SMSSiteServer"],
                            SiteCode=site["ThisSiteCode"])
    print(f"started    return value {result['ReturnValue']}")


if __name__ == "__main__":
    main()
