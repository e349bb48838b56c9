#include "basis_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "registry_names.h"
#include "wimwright/base/text.h"

namespace ww::cbs {
namespace {

constexpr std::uint64_t kMaxStored = 1ull << 30;
// Deltas that are read for a trial at a time.
constexpr std::uint64_t kTrialBytes = 64ull << 20;
// Files of a release have this revision or a lower one (6.5 step 2).
constexpr std::uint16_t kReleaseRevision = 1;

constexpr std::string_view kNeedsBaseline =
    "Add the checkpoint or cumulative update that the image lacks to the same run, or use an image "
    "that has it.";

std::string Join(std::string_view directory, std::string_view name) {
  return fmt::format("{}\\{}", directory, name);
}

bool HasDigest(const manifest::FileEntry& file, const Sha256Digest& digest) {
  return file.digest_algorithm == manifest::DigestAlgorithm::kSha256 &&
         std::equal(file.digest.begin(), file.digest.end(), digest.begin(), digest.end());
}

Sha256Digest DigestOf(const manifest::FileEntry& file) {
  Sha256Digest digest{};
  if (file.digest.size() == digest.size()) {
    std::copy(file.digest.begin(), file.digest.end(), digest.begin());
  }
  return digest;
}

manifest::AssemblyIdentity WithVersion(manifest::AssemblyIdentity identity,
                                       const manifest::Version& version) {
  identity.version = version;
  return identity;
}

}  // namespace

Result<const BasisSearch::Versions*> BasisSearch::VersionsOf(
    const manifest::AssemblyIdentity& identity) {
  const auto key = manifest::FamilyKey(identity);
  auto known = versions_.find(key);
  if (known == versions_.end()) {
    WW_TRY(auto versions, state_.Versions(identity), "versions of the component");
    std::erase(versions, identity.version);
    known = versions_.emplace(key, std::move(versions)).first;
  }
  return &known->second;
}

BasisSearch::Held BasisSearch::HeldAs(const manifest::AssemblyIdentity& identity,
                                      const manifest::Version& version) const {
  const auto older = WithVersion(identity, version);
  return {Join(kStorePath, manifest::Keyform(older)), state_.Planned(older)};
}

Result<const manifest::FileEntry*> BasisSearch::Entry(const manifest::AssemblyIdentity& identity,
                                                      const manifest::Version& version,
                                                      std::string_view name) {
  const auto older = WithVersion(identity, version);
  auto& manifest = manifests_[manifest::Keyform(older)];
  if (!manifest) {
    WW_TRY(manifest, state_.LoadComponent(older), "older version");
  }
  for (const auto& file : manifest->files) {
    if (EqualNoCaseAscii(file.name, name)) return &file;
  }
  return nullptr;
}

std::optional<StoredFile> BasisSearch::InImage(const std::string& path) const {
  const auto& image = state_.image().image();
  const auto node = image.Find(path);
  if (!node || image.is_directory(*node)) return std::nullopt;
  return StoredFile{path, image.hash(*node), std::nullopt};
}

std::optional<StoredFile> BasisSearch::InStore(const Held& held, std::string_view name) const {
  const auto path = Join(held.directory, name);
  if (held.planned == nullptr) return InImage(path);
  for (const auto& file : held.planned->manifest.files) {
    if (EqualNoCaseAscii(file.name, name)) return StoredFile{path, {}, DigestOf(file)};
  }
  return std::nullopt;
}

// The basis is the file as it was released (6.5 step 2): the lowest version, else what the reverse
// deltas that the store keeps make of later ones, the present one first.
Status BasisSearch::Unknown(Recipe& recipe, const ComponentFile& component, std::string_view name,
                            const Versions& versions, bool& doubtful) const {
  const auto& identity = component.manifest.identity;
  std::vector<BasisCandidate> reversed, whole;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    const auto held = HeldAs(identity, *version);
    auto file = InStore(held, name);
    if (!file) continue;
    if (auto reverse = held.planned != nullptr
                           ? std::nullopt
                           : InImage(Join(held.directory, fmt::format("r\\{}", name)))) {
      reversed.push_back({*file, std::move(reverse)});
    } else {
      whole.push_back({std::move(*file), std::nullopt});
    }
  }
  std::reverse(whole.begin(), whole.end());  // the lowest first
  const bool released = !versions.empty() && versions.front().revision() <= kReleaseRevision &&
                        InStore(HeldAs(identity, versions.front()), name).has_value();
  doubtful = !released && reversed.empty();
  recipe.candidates = std::move(released ? whole : reversed);
  auto& rest = released ? reversed : whole;
  std::move(rest.begin(), rest.end(), std::back_inserter(recipe.candidates));
  if (recipe.candidates.empty()) return Missing(recipe, component, name, versions);
  return {};
}

// Whatever has exactly these bytes, by the manifests; the present version first.
Status BasisSearch::ByDigest(Recipe& recipe, const ComponentFile& component, std::string_view name,
                             const Versions& versions) {
  const auto& identity = component.manifest.identity;
  std::vector<BasisCandidate> reversed;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    const auto held = HeldAs(identity, *version);
    auto file = InStore(held, name);
    if (!file) continue;
    WW_TRY(const auto* entry, Entry(identity, *version, name), "older version");
    if (entry != nullptr && HasDigest(*entry, *recipe.basis)) {
      recipe.candidates.push_back({std::move(*file), std::nullopt});
      break;  // one is as good as the other; a damaged one is the image's fault
    }
    if (held.planned != nullptr) continue;
    if (auto reverse = InImage(Join(held.directory, fmt::format("r\\{}", name)))) {
      reversed.push_back({std::move(*file), std::move(reverse)});
    }
  }
  std::move(reversed.begin(), reversed.end(), std::back_inserter(recipe.candidates));
  if (recipe.candidates.empty()) return Missing(recipe, component, name, versions);
  return {};
}

tl::unexpected<Error> BasisSearch::Missing(const Recipe& recipe, const ComponentFile& component,
                                           std::string_view name, const Versions& versions) const {
  const auto fail = [&](Hresult code, std::string_view what) {
    return Fail(Error{Code::kPrerequisiteMissing,
                      fmt::format("{}\\{} comes as a difference to an older version: {}",
                                  component.keyform, name, what),
                      std::string(kNeedsBaseline), code});
  };
  if (versions.empty()) {
    return fail(kPsfxMatchingComponentNotFound, "the image has no other version of the component");
  }
  bool directory = false;
  bool file = false;
  for (const auto& version : versions) {
    const auto held = HeldAs(component.manifest.identity, version);
    directory = directory || held.planned != nullptr || state_.PathExists(held.directory);
    file = file || InStore(held, name).has_value();
  }
  if (!directory) {
    return fail(kPsfxMatchingDirectoryMissing,
                "the image knows other versions, but has no directory of any");
  }
  if (!file) return fail(kPsfxMatchingBinaryMissing, "no other version in the image has the file");
  if (recipe.basis) {
    return fail(kMissingBaselines,
                "the image does not have the version that it is a difference to");
  }
  return fail(kPsfxReverseDeltaMissing, "the image does not have the version as it was released");
}

Result<std::shared_ptr<const Recipe>> BasisSearch::Find(const ComponentFile& component,
                                                        const manifest::FileEntry& file,
                                                        std::optional<PayloadSource>& source) {
  using Kind = PayloadSource::Kind;
  auto recipe = std::make_shared<Recipe>();
  if (source && source->kind == Kind::kWhole) return std::shared_ptr<const Recipe>();
  const auto& members = update_.source().members();
  WW_TRY(const auto* versions, VersionsOf(component.manifest.identity), "basis");
  if (!source) {
    // Not in the package, because the older version's content serves (2.6 step 6).
    if (!update_.differential()) return std::shared_ptr<const Recipe>();
    recipe->kind = Recipe::Kind::kCarried;
    recipe->name = Join(component.keyform, file.name);
    recipe->basis = DigestOf(file);
    if (!ByDigest(*recipe, component, file.name, *versions)) return std::shared_ptr<const Recipe>();
    source = PayloadSource{Kind::kCarried, 0, nullptr, {}};
    return std::shared_ptr<const Recipe>(std::move(recipe));
  }
  recipe->reverse_member = source->reverse;
  if (source->target != nullptr) recipe->size = source->target->length;
  bool doubtful = false;
  switch (source->kind) {
    case Kind::kWhole:
      break;
    case Kind::kNull:
      recipe->kind = Recipe::Kind::kNull;
      recipe->name = members.list()[source->member].name;
      break;
    case Kind::kForward:
      recipe->kind = Recipe::Kind::kForward;
      recipe->name = members.list()[source->member].name;
      if (source->target != nullptr) {
        recipe->basis = source->target->basis.sha256;
        WW_RETURN_IF_ERROR(ByDigest(*recipe, component, file.name, *versions));
      } else {
        WW_RETURN_IF_ERROR(Unknown(*recipe, component, file.name, *versions, doubtful));
      }
      break;
    case Kind::kCarried: {
      recipe->kind = Recipe::Kind::kCarried;
      recipe->name = source->target->name;
      recipe->basis = source->target->basis.sha256;
      if (auto hinted = InImage(Join(kStorePath, source->target->carried_from))) {
        recipe->candidates.push_back({std::move(*hinted), std::nullopt});
      }
      const auto searched = ByDigest(*recipe, component, file.name, *versions);
      if (!searched && recipe->candidates.empty()) return Fail(searched.error());
      break;
    }
  }
  std::shared_ptr<const Recipe> done = std::move(recipe);
  if (doubtful) {
    doubtful_.push_back({source->member, DigestOf(file), done});
  }
  return done;
}

std::shared_ptr<const manifest::ComponentManifest> BasisSearch::TakeManifest(
    const manifest::AssemblyIdentity& identity) {
  const auto found = manifests_.find(manifest::Keyform(identity));
  auto manifest = found == manifests_.end() ? nullptr : found->second;
  manifests_.clear();
  versions_.clear();
  return manifest;
}

Status BasisSearch::TryDoubtful() {
  const auto read = [this](const StoredFile& file) -> Result<Bytes> {
    if (file.content == Sha1Digest{}) return Bytes();
    return state_.image().file().ReadBlob(file.content, kMaxStored);
  };
  auto& members = update_.source().members();
  std::sort(doubtful_.begin(), doubtful_.end(),
            [](const auto& a, const auto& b) { return a.member < b.member; });
  for (std::size_t at = 0; at < doubtful_.size();) {
    std::vector<std::size_t> wanted;
    std::uint64_t bytes = 0;
    std::size_t end = at;
    for (; end < doubtful_.size() && (end == at || bytes < kTrialBytes); ++end) {
      bytes += members.list()[doubtful_[end].member].size;
      wanted.push_back(doubtful_[end].member);
    }
    WW_TRY(const auto deltas, members.ReadMany(wanted, bytes), "trying forward deltas");
    for (; at < end; ++at) {
      const auto& file = doubtful_[at];
      const bool planned =
          std::any_of(file.recipe->candidates.begin(), file.recipe->candidates.end(),
                      [](const BasisCandidate& c) { return c.file.planned.has_value(); });
      if (planned) continue;  // not there yet
      const auto made = Hydrate(*file.recipe, deltas.at(file.member), file.digest, read);
      if (!made) return Fail(made.error());
    }
  }
  doubtful_.clear();
  return {};
}

}  // namespace ww::cbs
