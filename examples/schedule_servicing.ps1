# Schedules offline servicing of an image, call by call, over the administration service: the steps
# of schedule_servicing.py with Invoke-RestMethod. For PowerShell 6 and later.
#
#   ./schedule_servicing.ps1 -Server https://srv:8443 -Credential (Get-Credential) `
#       -ImageName 'Windows 11' -UpdateGroupName November
#
# The certificate of the site (DIR/tls/cert.pem) has to be trusted by the computer; on a Windows
# computer in the domain of a Kerberos realm, -Credential may be left out.
# This file is not run by the project's tests: see README.md.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Server,
    [pscredential] $Credential,
    [Parameter(Mandatory)] [string] $ImageName,
    [Parameter(Mandatory)] [string] $UpdateGroupName,
    [string] $StartTime = '2026-01-01T00:00:00Z',   # by the server's clock; in the past: now
    [switch] $UpdateDP
)
$ErrorActionPreference = 'Stop'
$base = $Server.TrimEnd('/') + '/AdminService/wmi/'
$signIn = @{ UseDefaultCredentials = $true }
if ($Credential) { $signIn = @{ Authentication = 'Basic'; Credential = $Credential } }

function Get-Instances([string] $Resource) {
    # A class, a filtered class and a single object all come as { "value": [...] }.
    # The comma keeps PowerShell from unrolling an array of one.
    , @((Invoke-RestMethod @signIn -Uri ($base + $Resource)).value)
}
function Send-Object([string] $Resource, $Body) {
    # -Depth: the default of 2 would cut embedded objects off.
    Invoke-RestMethod @signIn -Method Post -Uri ($base + $Resource) -ContentType 'application/json' `
        -Body ([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $Body -Depth 10)))
}
function Get-Condition([string] $Property, [string] $Text) {
    # A quote in a text is doubled, and everything is escaped for the address.
    '?$filter=' + [uri]::EscapeDataString("$Property eq '" + $Text.Replace("'", "''") + "'")
}

# Which site is this?
$site = (Get-Instances 'SMS_Identification')[0]

# 1. The image, by its name; names are not unique.
$images = Get-Instances ('SMS_ImagePackage' + (Get-Condition 'Name' $ImageName))
if ($images.Count -ne 1) { throw "$($images.Count) images are called '$ImageName'" }
$image = $images[0]

# 2. When.
$token = [ordered]@{
    '@odata.type'  = '#AdminService.SMS_ST_NonRecurring'
    StartTime      = $StartTime
    DayDuration    = 0
    HourDuration   = 0
    MinuteDuration = 0
    IsGMT          = $false
}

# 3. The schedule as text. @() keeps the array; a single object is understood as well.
$text = (Send-Object 'SMS_ScheduleMethods.WriteToString' @{ TokenData = @($token) }).StringData

# 4. The schedule; its number is the text behind the "=" of the relative path.
$schedule = Send-Object 'SMS_ImageServicingSchedule' @{
    Action = 1; Schedule = $text; UpdateDP = [bool] $UpdateDP; ContinueOnError = $false
}
$scheduleId = $schedule.__RELPATH.Split('=')[1]

# 5. What it services. The number is sent as a text here: the service converts it as WMI does.
$null = Send-Object 'SMS_ImageServicingScheduledImage' @{
    ImagePackageID = $image.PackageID; ScheduleID = $scheduleId
}

# 6. The update group, by its display name; its members are lazy and come by key only.
$groups = Get-Instances ('SMS_AuthorizationList' + (Get-Condition 'LocalizedDisplayName' $UpdateGroupName))
if ($groups.Count -ne 1) { throw "$($groups.Count) update groups are called '$UpdateGroupName'" }
$group = (Get-Instances "SMS_AuthorizationList($($groups[0].CI_ID))")[0]

# 7. and 8. Each update of the group becomes a row of the schedule.
foreach ($id in $group.Updates) {
    $update = (Get-Instances "SMS_SoftwareUpdate($id)")[0]
    $null = Send-Object 'SMS_ImageServicingScheduledUpdate' @{ ScheduleID = $scheduleId; UpdateID = $id }
    Write-Verbose "update $id $($update.LocalizedDisplayName)"
}

# 9. Wake the component; PackageType may be left out.
$result = Send-Object 'SMS_ImagePackage.RunOfflineServicingManager' @{
    PackageID = $image.PackageID; ServerName = $site.SMSSiteServer; SiteCode = $site.ThisSiteCode
}
[pscustomobject]@{
    ScheduleID = [uint32] $scheduleId; PackageID = $image.PackageID
    Updates = @($group.Updates).Count; ReturnValue = $result.ReturnValue
}
