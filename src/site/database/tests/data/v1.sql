-- A database as version 1 of this module made it (tests/schema_test.cc says what must become of it).
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE ww_schema (name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, definition TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
INSERT INTO ww_schema VALUES('table:sms_imagepackage',0,replace('column PackageID text key case_insensitive\ncolumn Name text case_insensitive\ncolumn SourceVersion integer\ncolumn Size real\ncolumn Path text\ncolumn LastRefreshTime text\ncolumn Icon blob\nindex ix_dab518675747daecac55 unique PackageID\nindex ix_5b2fe139905b2d72b14e Name\nindex ix_450f640dda3dbb229825 SourceVersion,PackageID\n','\n',char(10)),'8c143d4e6021f2aa0a9710f345fa3f8b4d066a77c3488f062211002eb11b97f7');
INSERT INTO ww_schema VALUES('table:tags',0,replace('column PackageID text not_null case_insensitive\ncolumn Position integer\ncolumn Tag text case_insensitive\nindex ix_edeab961089140ea373c PackageID\n','\n',char(10)),'43634747c459e45f2857459a0abb163b9525a91b47403d141db2763c6439ade8');
INSERT INTO ww_schema VALUES('version:main',1,'','');
CREATE TABLE ww_counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO ww_counter VALUES('ScheduleID',16777218);
CREATE TABLE IF NOT EXISTS "SMS_ImagePackage" ("PackageID" TEXT NOT NULL COLLATE NOCASE, "Name" TEXT COLLATE NOCASE, "SourceVersion" INTEGER, "Size" REAL, "Path" TEXT, "LastRefreshTime" TEXT, "Icon" BLOB, PRIMARY KEY ("PackageID")) STRICT;
INSERT INTO SMS_ImagePackage VALUES('ABC00001','Windows 10',3,1.5,'/a','20260101000000.000000+000',X'01');
CREATE TABLE IF NOT EXISTS "Tags" ("PackageID" TEXT NOT NULL COLLATE NOCASE, "Position" INTEGER, "Tag" TEXT COLLATE NOCASE) STRICT;
CREATE INDEX "ix_5b2fe139905b2d72b14e" ON "SMS_ImagePackage" ("Name");
CREATE INDEX "ix_450f640dda3dbb229825" ON "SMS_ImagePackage" ("SourceVersion", "PackageID");
CREATE INDEX "ix_edeab961089140ea373c" ON "Tags" ("PackageID");
COMMIT;
