// Who is a distribution point: tokens, certificates, when it was last heard of.
#include "point_registry.h"

#include <fmt/format.h>
#include <algorithm>

#include "rows.h"
#include "secrets.h"
#include "tables.h"

namespace ww::distmgr {
namespace {

using cim::Instance;
using provider::Call;
using provider::Number;
using provider::Text;

constexpr std::size_t kMostTokenLength = 128;
constexpr std::size_t kMostDrives = 64;
constexpr std::string_view kEnrolment = "WW_DistributionPointEnrolment";
enum EnrolmentState : std::uint32_t { kTokenIssued = 1, kEnrolled = 2, kRevoked = 3 };

std::int64_t Seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

tl::unexpected<Error> NoSuchPoint(std::string_view point) {
  return provider::Missing(fmt::format("there is no distribution point {}", point));
}

Result<PointIdentity> PointOf(Call& call, std::string_view point) {
  for (const char* property : {"NALPath", "ServerName"}) {
    WW_TRY(const auto found,
           call.store.FindOne("SMS_DistributionPointInfo", {{property, Text(point)}}), "point");
    if (found) {
      return PointIdentity{(*found)["NALPath"].TextOr(""), (*found)["ServerName"].TextOr("")};
    }
  }
  return NoSuchPoint(point);
}

// Tokens and certificates are secrets of the site: the row says only that there are some.
Result<Instance> EnrolmentOf(Call& call, const PointIdentity& point) {
  WW_TRY(auto found, call.store.FindOne(kEnrolment, {{"NALPath", Text(point.nal_path)}}),
         "enrolment");
  if (found) return *std::move(found);
  WW_TRY(auto row, call.store.Make(kEnrolment), "enrolment");
  row.SetRaw("NALPath", Text(point.nal_path));
  row.SetRaw("ServerName", Text(point.server_name));
  row.SetRaw("State", Number(kTokenIssued));
  return row;
}

Result<std::uint64_t> GenerationOf(Call& call, std::string_view nal_path) {
  WW_TRY(
      const auto row,
      call.store.tx().FetchOne(SelectFrom(kPointsTable, {"Generation"}, {{"NALPath", nal_path}})),
      "point");
  return row ? static_cast<std::uint64_t>((*row)[0].integer()) : std::uint64_t{0};
}

}  // namespace

void PointRegistry::Wake() {
  {
    const std::lock_guard lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

Result<PointRegistry::Token> PointRegistry::MakeToken(Call& call, std::string_view point,
                                                      std::chrono::seconds life) {
  WW_TRY(const auto identity, PointOf(call, point), "token");
  WW_TRY(auto text, MakeSecret(), "token");
  const auto expires = core_.options.clock->Now() + life;
  auto& tx = call.store.tx();
  WW_RETURN_IF_ERROR(DeleteRows(tx, kTokensTable, {{"NALPath", identity.nal_path}}));
  WW_RETURN_IF_ERROR(UpsertRow(
      tx, kTokensTable,
      {{"Digest", DigestOf(text)}, {"NALPath", identity.nal_path}, {"Expires", Seconds(expires)}}));
  WW_TRY(auto row, EnrolmentOf(call, identity), "token");
  row.SetRaw("TokenExpires", cim::Value::Date(expires));
  WW_RETURN_IF_ERROR(call.store.Save(row));
  return Token{std::move(text), expires};
}

Result<std::string> PointRegistry::CreateToken(std::string_view point, std::chrono::seconds life) {
  std::string text;
  WW_RETURN_IF_ERROR(core_.Transact([&](Call& call) -> Status {
    WW_TRY(const auto token, MakeToken(call, point, life), "token");
    text = token.text;
    return {};
  }));
  return text;
}

Result<PointIdentity> PointRegistry::OwnerOf(Call& call, std::string_view token) {
  const auto refused = [] {
    return Fail(Error{Code::kUsage, "the token is unknown, used or expired",
                      "Make a new one: wimwright site dp add NAME.", 0});
  };
  if (token.empty() || token.size() > kMostTokenLength) return refused();
  WW_TRY(const auto row,
         call.store.tx().FetchOne(
             SelectFrom(kTokensTable, {"NALPath", "Expires"}, {{"Digest", DigestOf(token)}})),
         "token");
  if (!row || (*row)[1].integer() < Seconds(core_.options.clock->Now())) return refused();
  auto point = PointOf(call, (*row)[0].text());
  if (!point) return refused();
  return point;
}

Result<PointIdentity> PointRegistry::CheckToken(std::string_view token) {
  std::optional<PointIdentity> out;
  WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
    WW_TRY(out, OwnerOf(call, token), "token");
    return {};
  }));
  return *std::move(out);
}

Status PointRegistry::SetCertificate(Call& call, const PointIdentity& point,
                                     const PointCertificate& certificate) {
  if (certificate.fingerprint.empty()) return Fail(Code::kUsage, "a certificate has a fingerprint");
  WW_TRY(const auto generation, GenerationOf(call, point.nal_path), "point");
  WW_RETURN_IF_ERROR(UpsertRow(call.store.tx(), kPointsTable,
                               {{"NALPath", point.nal_path},
                                {"Fingerprint", certificate.fingerprint},
                                {"Expires", Seconds(certificate.expires)},
                                {"Revoked", 0},
                                {"Generation", static_cast<std::int64_t>(generation + 1)}}));
  WW_TRY(auto row, EnrolmentOf(call, point), "enrolment");
  row.SetRaw("State", Number(kEnrolled));
  row.SetRaw("CertificateSerial", Text(certificate.serial));
  row.SetRaw("CertificateFingerprint", Text(certificate.fingerprint));
  row.SetRaw("CertificateExpires", cim::Value::Date(certificate.expires));
  row.SetRaw("Enrolled", call.Now());
  return call.store.Save(row);
}

Result<PointIdentity> PointRegistry::Enroll(std::string_view token,
                                            const PointCertificate& certificate) {
  std::optional<PointIdentity> out;
  WW_RETURN_IF_ERROR(core_.Transact([&](Call& call) -> Status {
    WW_TRY(out, OwnerOf(call, token), "token");
    WW_RETURN_IF_ERROR(DeleteRows(call.store.tx(), kTokensTable, {{"NALPath", out->nal_path}}));
    return SetCertificate(call, *out, certificate);
  }));
  core_.Info("{} is enrolled as a distribution point, certificate {}", out->server_name,
             certificate.serial);
  return *std::move(out);
}

Status PointRegistry::Replace(std::string_view nal_path, const PointCertificate& certificate) {
  return core_.Transact([&](Call& call) -> Status {
    WW_TRY(const auto point, PointOf(call, nal_path), "point");
    WW_TRY(const auto row,
           call.store.tx().FetchOne(
               SelectFrom(kPointsTable, {"Revoked", "Fingerprint"}, {{"NALPath", nal_path}})),
           "point");
    if (!row || (*row)[0].integer() != 0 || (*row)[1].text().empty()) return NoSuchPoint(nal_path);
    return SetCertificate(call, point, certificate);
  });
}

Result<PointIdentity> PointRegistry::Identify(std::string_view fingerprint) {
  std::optional<PointIdentity> out;
  WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
    const auto nobody = [] {
      return Fail(Error{Code::kNotFound, "the certificate is no distribution point's",
                        "Enrol the server again: wimwright site dp add NAME.", 0});
    };
    if (fingerprint.empty()) return nobody();
    WW_TRY(const auto row,
           call.store.tx().FetchOne(SelectFrom(kPointsTable, {"NALPath", "Expires"},
                                               {{"Fingerprint", fingerprint}, {"Revoked", 0}})),
           "certificate");
    if (!row || (*row)[1].integer() < Seconds(core_.options.clock->Now())) return nobody();
    auto point = PointOf(call, (*row)[0].text());
    if (!point) return nobody();
    out = *std::move(point);
    return {};
  }));
  return *std::move(out);
}

Status PointRegistry::RevokeIn(Call& call, std::string_view point) {
  WW_TRY(const auto identity, PointOf(call, point), "point");
  auto& tx = call.store.tx();
  WW_RETURN_IF_ERROR(DeleteRows(tx, kTokensTable, {{"NALPath", identity.nal_path}}));
  WW_TRY_STATUS(tx.Update(kPointsTable, {{"Revoked", database::Expression::Literal(1)}},
                          Matches({{"NALPath", identity.nal_path}}))
                    .map([](std::uint64_t) {}),
                "point");
  WW_TRY(auto row, EnrolmentOf(call, identity), "enrolment");
  row.SetRaw("State", Number(kRevoked));
  row.SetRaw("TokenExpires", cim::Value());
  WW_RETURN_IF_ERROR(call.store.Save(row));
  core_.Info("{} is no distribution point any more: its certificate was revoked",
             identity.server_name);
  return {};
}

Status PointRegistry::ForgetIn(Call& call, std::string_view nal_path) {
  for (const auto table : {kTokensTable, kPointsTable}) {
    WW_RETURN_IF_ERROR(DeleteRows(call.store.tx(), table, {{"NALPath", nal_path}}));
  }
  for (const auto cls : {kEnrolment, std::string_view("SMS_DistributionPointDriveInfo")}) {
    WW_TRY_STATUS(
        call.store.DeleteAll(cls, {{"NALPath", Text(nal_path)}}).map([](std::uint64_t) {}), cls);
  }
  return {};
}

Status PointRegistry::Revoke(std::string_view point) {
  return core_.Transact([&](Call& call) { return RevokeIn(call, point); });
}

Result<std::uint64_t> PointRegistry::WaitForChange(std::string_view nal_path, std::uint64_t known,
                                                   std::chrono::milliseconds patience,
                                                   const Cancellation& cancelled) {
  // Other servers' changes are only in the database; a waiter that goes away is noticed as often.
  constexpr std::chrono::milliseconds kLook{1000};
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::uint64_t wakes = 0;
    {
      const std::lock_guard lock(mutex_);
      wakes = wakes_;
    }
    std::uint64_t now = 0;
    WW_RETURN_IF_ERROR(core_.Read([&](Call& call) -> Status {
      WW_TRY(now, GenerationOf(call, nal_path), "point");
      return {};
    }));
    const auto left = end - std::chrono::steady_clock::now();
    if (now != known || left <= left.zero() || cancelled.requested()) return now;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::min<std::chrono::steady_clock::duration>(left, kLook),
                      [&] { return wakes_ != wakes; });
  }
}

Status PointRegistry::Seen(std::string_view nal_path, std::string_view address,
                           std::string_view software_version,
                           const std::vector<PointDrive>& drives) {
  if (drives.size() > kMostDrives) return Fail(Code::kLimit, "too many drives");
  return core_.Transact([&](Call& call) -> Status {
    WW_TRY(const auto point, PointOf(call, nal_path), "point");
    WW_TRY(auto row, EnrolmentOf(call, point), "enrolment");
    row.SetRaw("LastSeen", call.Now());
    row.SetRaw("Address", Text(address));
    row.SetRaw("SoftwareVersion", Text(software_version));
    WW_RETURN_IF_ERROR(call.store.Save(row));
    for (const auto& drive : drives) {
      WW_TRY(auto info, call.store.Make("SMS_DistributionPointDriveInfo"), "drive");
      info.SetRaw("Drive", Text(drive.drive));
      info.SetRaw("NALPath", Text(point.nal_path));
      info.SetRaw("SiteCode", call.SiteCode());
      const auto kilobytes = [](std::uint64_t bytes) {
        return cim::Value::Int(static_cast<std::int64_t>(bytes / 1024));
      };
      info.SetRaw("BytesTotal", kilobytes(drive.bytes_total));
      info.SetRaw("BytesFree", kilobytes(drive.bytes_free));
      info.SetRaw("PercentFree",
                  cim::Value::Int(drive.bytes_total < 100
                                      ? 0
                                      : static_cast<std::int64_t>(std::min<std::uint64_t>(
                                            drive.bytes_free / (drive.bytes_total / 100), 100))));
      for (const char* name : {"ConttentLibPriority", "PkgSharePriority", "ObjectType", "Status"}) {
        info.SetRaw(name, cim::Value::Int(0));
      }
      WW_RETURN_IF_ERROR(call.store.Save(info));
    }
    return {};
  });
}

}  // namespace ww::distmgr
