"""Python's requests in its ordinary use, with one session. Arguments: address, image, certificate."""

import os
import sys

import requests

address, image, certificate = sys.argv[1:]
site = requests.Session()
site.trust_env = False
site.auth = (os.environ["SITE_USER"], os.environ["SITE_PASSWORD"])
site.verify = certificate


def ask(method, resource, **options):
    answer = site.request(method, address + resource, timeout=60, **options)
    answer.raise_for_status()
    return answer


[found] = ask("GET", "SMS_ImagePackage", params={"$filter": f"Name eq '{image}'"}).json()["value"]
[whole] = ask("GET", f"SMS_ImagePackage('{found['PackageID']}')").json()["value"]
assert whole["ImageProperty"].startswith("<WIM>"), whole
assert int(ask("GET", "SMS_ImagePackage/$count").text) >= 1

# requests writes blanks as "+" and umlauts as UTF-8.
made = ask("POST", "SMS_ImageServicingSchedule", json={"Action": 0, "Name": "für requests + Söhne"})
assert made.status_code == 201, made.status_code
assert made.headers["Content-Type"].startswith("application/json"), made.headers
schedule = made.json()["ScheduleID"]
[same] = ask("GET", "SMS_ImageServicingSchedule",
             params={"$filter": "Name eq 'für requests + Söhne'"}).json()["value"]
assert same["ScheduleID"] == schedule, same
ask("PATCH", f"SMS_ImageServicingSchedule({schedule})", json={"UpdateDP": True})
[same] = ask("GET", f"SMS_ImageServicingSchedule/{schedule}").json()["value"]
assert same["UpdateDP"] is True, same
token = ask("POST", "SMS_ScheduleMethods.ReadFromString", json={"StringData": "0034BE0000080000"}).json()
assert token["TokenData"][0]["StartTime"] == "2026-11-20T01:00:00Z", token
result = ask("POST", f"SMS_ImagePackage('{found['PackageID']}')/AdminService.RefreshPkgSource", json={})
assert result.json()["ReturnValue"] == 0, result.text
assert ask("DELETE", f"SMS_ImageServicingSchedule({schedule})").status_code == 204
missing = site.get(address + f"SMS_ImageServicingSchedule({schedule})", timeout=60)
assert missing.status_code == 404 and missing.json()["error"]["code"] == "404", missing.text
print("requests: done")
