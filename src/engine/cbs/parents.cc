#include "parents.h"

#include <fmt/format.h>

#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

constexpr int kMaxNesting = 8;

bool Is(std::string_view word, std::string_view expected) {
  return EqualNoCaseAscii(word, expected);
}

// State that counts for a disposition; 0: does not count.
std::uint32_t CountingState(const PackageRecord& record, bool staged_is_enough) {
  if (IsInstalledState(record.state)) return kStateInstalled;
  if (staged_is_enough && record.state == kStateStaged) return kStateStaged;
  return 0;
}

void Better(ParentAnswer& best, ParentAnswer next) {
  const auto rank = [](const ParentAnswer& a) {
    if (a.answer == Answer::kYes) return a.state == kStateInstalled ? 3 : 2;
    return a.answer == Answer::kUndecidable ? 1 : 0;
  };
  const bool wants_update = best.wants_update || next.wants_update;
  const bool wants_newer = best.wants_newer || next.wants_newer;
  if (rank(next) > rank(best)) {
    best = std::move(next);
  } else if (best.answer == Answer::kNo && next.answer == Answer::kNo && !next.reason.empty()) {
    best.reason += best.reason.empty() ? next.reason : "; or " + next.reason;
  }
  best.wants_update = wants_update;
  best.wants_newer = wants_newer;
}

std::string FamilyOf(const manifest::AssemblyIdentity& id) {
  return ToLowerAscii(manifest::PackageFamilyString(id));
}

// The same build, and nothing but a lower revision of it.
bool IsOlderRevision(const manifest::Version& installed, const manifest::Version& wanted) {
  return installed.MajorMinor() == wanted.MajorMinor() && installed.build() == wanted.build() &&
         installed.revision() < wanted.revision();
}

ParentAnswer EvaluateIdentity(const manifest::AssemblyIdentity& wanted,
                              const manifest::Parent& parent, const VirtualState& state,
                              const ComingPackages& coming, std::vector<std::string>& trace) {
  const bool staged_is_enough = Is(parent.disposition, "staged");
  ParentAnswer best;
  best.wants_update = IsUpdatePackageName(wanted.name);
  const auto text = manifest::PackageIdentityString(wanted);
  std::string present;
  auto family = state.Family(wanted);
  if (const auto* brought = coming.Family(wanted)) {
    for (const auto& record : *brought) family.push_back(&record);
  }
  for (const auto* record : family) {
    ParentAnswer next;
    next.state = CountingState(*record, staged_is_enough);
    if (next.state == 0) {
      present += fmt::format(" {} is {};", record->identity.version.ToString(),
                             PackageStateName(record->state));
      continue;
    }
    next.answer = VersionSatisfies(record->identity.version, wanted.version, parent);
    if (next.answer == Answer::kUndecidable) {
      next.reason =
          fmt::format("{} is wanted, {} is installed, and whether that is enough is not decidable",
                      text, record->identity.version.ToString());
    }
    if (next.answer == Answer::kNo) {
      present += fmt::format(" {} is installed;", record->identity.version.ToString());
      best.wants_newer =
          best.wants_newer || IsOlderRevision(record->identity.version, wanted.version);
      continue;
    }
    Better(best, std::move(next));
  }
  if (best.answer == Answer::kNo) {
    if (!present.empty()) present.pop_back();
    best.reason = present.empty() ? fmt::format("{} is not in the image", text)
                                  : fmt::format("{} is wanted,{}", text, present);
  }
  trace.push_back(
      fmt::format("Appl: detect Parent, Package: {}, Disposition = {}, VersionComp: {}, BuildComp: "
                  "{}, ServiceComp: {}, RevisionComp: {}, Exist: {}",
                  text, parent.disposition.empty() ? "detect" : parent.disposition, "EQ",
                  parent.build_compare, parent.service_compare, parent.revision_compare,
                  best.answer == Answer::kYes  ? "present"
                  : best.answer == Answer::kNo ? "not present"
                                               : "undecidable"));
  return best;
}

ParentAnswer EvaluateOne(const manifest::Parent& parent, const VirtualState& state,
                         const ComingPackages& coming, std::vector<std::string>& trace, int depth) {
  if (depth > kMaxNesting) {
    return {Answer::kUndecidable, kStateInstalled, false, false, "parents are nested too deeply"};
  }
  ParentAnswer own;
  if (parent.any_of.empty()) {
    own.answer = Answer::kYes;
  }
  for (const auto& identity : parent.any_of)
    Better(own, EvaluateIdentity(identity, parent, state, coming, trace));
  for (const auto& nested : parent.nested) {  // AND
    if (own.answer == Answer::kNo) break;
    auto inner = EvaluateOne(nested, state, coming, trace, depth + 1);
    if (inner.answer == Answer::kNo || own.answer == Answer::kYes) {
      const auto weaker = std::min(inner.state, own.state);
      own = std::move(inner);
      own.state = weaker;
    }
  }
  return own;
}

}  // namespace

bool IsUpdatePackageName(std::string_view name) {
  const auto lower = ToLowerAscii(name);
  return lower.starts_with("package_") && lower.find("_for_") != std::string::npos;
}

Answer VersionSatisfies(const manifest::Version& installed, const manifest::Version& wanted,
                        const manifest::Parent& compare) {
  if (installed == wanted) return Answer::kYes;
  const bool build_ge = Is(compare.build_compare, "GE");
  const bool revision_ge = Is(compare.revision_compare, "GE");
  const bool any_word = !compare.build_compare.empty() || !compare.service_compare.empty() ||
                        !compare.revision_compare.empty() || !compare.distribution_compare.empty();
  if (!any_word) return Answer::kNo;  // exact equality
  for (const auto& word : {compare.build_compare, compare.service_compare, compare.revision_compare,
                           compare.distribution_compare}) {
    if (!word.empty() && !Is(word, "EQ") && !Is(word, "GE")) return Answer::kUndecidable;
  }
  if (installed.major() != wanted.major() || installed.minor() != wanted.minor()) {
    return build_ge && installed > wanted ? Answer::kUndecidable : Answer::kNo;
  }
  if (installed.build() != wanted.build()) {
    if (installed.build() < wanted.build()) return Answer::kNo;
    if (!build_ge) return Answer::kNo;
    return Is(compare.service_compare, "EQ") ? Answer::kUndecidable : Answer::kYes;
  }
  if (installed.revision() > wanted.revision()) {
    if (revision_ge || build_ge) return Answer::kYes;
    return Is(compare.revision_compare, "EQ") ? Answer::kNo : Answer::kUndecidable;
  }
  if (revision_ge || build_ge || Is(compare.revision_compare, "EQ")) return Answer::kNo;
  return Answer::kUndecidable;
}

void ComingPackages::Add(const manifest::AssemblyIdentity& identity, std::uint32_t state) {
  Remove(identity);
  PackageRecord record;
  record.identity = identity;
  record.identity_string = manifest::PackageIdentityString(identity);
  record.state = state;
  families_[FamilyOf(identity)].push_back(std::move(record));
}

void ComingPackages::Remove(const manifest::AssemblyIdentity& identity) {
  const auto found = families_.find(FamilyOf(identity));
  if (found == families_.end()) return;
  std::erase_if(found->second,
                [&](const auto& record) { return EqualPackage(record.identity, identity); });
}

const std::vector<PackageRecord>* ComingPackages::Family(
    const manifest::AssemblyIdentity& package) const {
  const auto found = families_.find(FamilyOf(package));
  return found == families_.end() ? nullptr : &found->second;
}

ParentAnswer EvaluateParents(const std::vector<manifest::Parent>& parents,
                             const VirtualState& state, const ComingPackages& coming,
                             std::vector<std::string>& trace) {
  if (parents.empty()) return {Answer::kYes, kStateInstalled, false, false, {}};
  ParentAnswer best;
  for (const auto& parent : parents) Better(best, EvaluateOne(parent, state, coming, trace, 0));
  return best;
}

}  // namespace ww::cbs
