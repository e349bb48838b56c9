#include "express_writer.h"

#include <fmt/format.h>

#include "wimwright/base/hash.h"
#include "wimwright/base/text.h"

namespace ww::lab {
namespace {

constexpr std::size_t kFirstRecord = 0x80;  // payload of a PSF begins there
// One file in so many is delivered whole, one record in so many is packed once more.
constexpr std::uint64_t kWholeEvery = 7;
constexpr std::uint64_t kPackedEvery = 5;

std::string Hash(ByteView bytes) {
  return fmt::format(R"(<Hash alg="SHA256" value="{}"/>)", ToHex(Sha256(bytes)));
}

class PsfWriter {
 public:
  explicit PsfWriter(FileTime time) : time_(time), psf_(kFirstRecord) {
    const std::string_view magic("PSTREAM\0", 8);
    std::copy_n(AsBytes(magic).begin(), magic.size(), psf_.begin());
    StoreLe<std::uint16_t>(psf_.data() + 8, 2);
    StoreLe<std::uint16_t>(psf_.data() + 10, 2);
  }

  Status Add(const std::string& name, ByteView file) {
    Bytes stored = ToBytes(file);
    std::string_view type = "RAW";
    if (SeedOf(name) % kPackedEvery == 0 && !file.empty()) {
      WW_TRY(stored, delta::Encode({}, file), name);
      type = "PA30";
    }
    files_ += fmt::format(
        R"(<File id="{}" name="{}" length="{}" time="{}" attr="32">{}<Delta><Source type="{}" )"
        R"(offset="{}" length="{}">{}</Source></Delta></File>)",
        ++count_, EscapeXml(name), file.size(), time_, Hash(file), type, psf_.size(), stored.size(),
        Hash(stored));
    psf_.insert(psf_.end(), stored.begin(), stored.end());
    return {};
  }

  std::string Index(std::string_view stem) const {
    return fmt::format(
        R"(<?xml version="1.0" encoding="utf-8"?><Container xmlns="urn:ContainerIndex" )"
        R"(name="{}.psf" type="PSF" length="{}" version="1"><Description/><DeltaBasisSearch>)"
        R"(<Location id="0" path="{{windir}}\winsxs" flags="2000001"/></DeltaBasisSearch>)"
        R"(<Files>{}</Files></Container>)",
        stem, psf_.size(), files_);
  }
  Bytes Take() { return std::move(psf_); }

 private:
  FileTime time_;
  Bytes psf_;
  std::string files_;
  int count_ = 0;
};

class Express {
 public:
  explicit Express(const ExpressOptions& options) : options_(options), psf_(options.time) {}

  Status AddFile(const Component& component, const PayloadFile& file, const Component* base) {
    const PayloadFile* before = nullptr;
    if (base != nullptr) {
      for (const PayloadFile& candidate : base->files) {
        if (candidate.name == file.name) before = &candidate;
      }
    }
    Bytes now = file.content.All();
    const std::string name = component.keyform + "\\" + file.name;
    if (SeedOf(name) % kWholeEvery == 0) return Put(name, now);
    if (before == nullptr) {
      WW_TRY(Bytes null, Encode({}, now), name);
      const std::string record = component.keyform + "\\n\\" + file.name;
      WW_RETURN_IF_ERROR(Put(record, null));
      Describe(name, now, Source("PA30", record, null));
      return {};
    }
    const Bytes old = before->content.All();
    if (options_.form == ExpressForm::kPsfTargets && AsText(old) == AsText(now)) {
      Describe(name, now, Source("RAW", base->keyform + "\\" + file.name, now));
      return {};
    }
    WW_TRY(Bytes forward, Encode(old, now), name);
    const std::string record = component.keyform + "\\f\\" + file.name;
    WW_RETURN_IF_ERROR(Put(record, forward));
    Describe(name, now,
             Source("PA30", record, forward) +
                 fmt::format(R"(<Basis length="{}">{}</Basis>)", old.size(), Hash(old)));
    if (!options_.reverse || options_.form == ExpressForm::kPsfTargets) return {};
    WW_TRY(Bytes reverse, MakeReverseDelta(file.content, before->content), name);
    return Put(component.keyform + "\\r\\" + file.name, reverse);
  }

  Result<ExpressParts> Finish(const std::vector<UpdateMember>& members) {
    ExpressParts out;
    for (const UpdateMember& member : members) {
      const bool payload = member.name.find('\\') != std::string::npos;
      if (!payload) out.metadata.push_back(member);
    }
    for (UpdateMember& member : folders_) out.metadata.push_back(std::move(member));
    if (options_.form == ExpressForm::kInFolders) return out;
    out.metadata.push_back({"express.psf.cix.xml", Content::Literal(psf_.Index(options_.stem))});
    out.psf = psf_.Take();
    if (options_.form == ExpressForm::kPsfTargets) {
      out.metadata.push_back(
          {"PSFX.CIX",
           Content::Literal(fmt::format(
               R"(<?xml version="1.0" encoding="utf-8"?><Container xmlns="urn:ContainerIndex" )"
               R"(name="PSFX.CIX" type="PSFX" version="2"><Files>{}</Files></Container>)",
               targets_))});
    }
    return out;
  }

 private:
  Result<Bytes> Encode(ByteView from, ByteView to) const {
    delta::EncodeOptions options;
    options.crc_prefix = true;
    options.format = options_.deltas;
    options.target_time = options_.time;
    return delta::Encode(from, to, options);
  }
  static std::string Source(std::string_view type, std::string_view record, ByteView bytes) {
    return fmt::format(R"(<Source type="{}" name="{}">{}</Source>)", type, EscapeXml(record),
                       Hash(bytes));
  }
  Status Put(const std::string& name, Bytes& bytes) {
    if (options_.damage) options_.damage(name, bytes);
    if (options_.form != ExpressForm::kInFolders) return psf_.Add(name, bytes);
    folders_.push_back({name, Content::Literal(bytes)});
    return {};
  }
  void Describe(const std::string& name, ByteView target, const std::string& source) {
    targets_ += fmt::format(
        R"(<File id="{}" name="{}" length="{}" time="{}" attr="32">{}<Delta>{}</Delta></File>)",
        ++target_count_, EscapeXml(name), target.size(), options_.time, Hash(target), source);
  }

  const ExpressOptions& options_;
  PsfWriter psf_;
  std::vector<UpdateMember> folders_;
  std::string targets_;
  int target_count_ = 0;
};

}  // namespace

Result<ExpressParts> MakeExpress(const std::vector<UpdateMember>& members,
                                 const std::vector<ComponentPtr>& components, const BaseOf& base_of,
                                 const ExpressOptions& options) {
  Express express(options);
  std::map<std::string, ComponentPtr> unique;
  for (const ComponentPtr& component : components) unique.emplace(component->keyform, component);
  for (const auto& [keyform, component] : unique) {
    const ComponentPtr base = base_of(*component);
    for (const PayloadFile& file : component->files) {
      WW_RETURN_IF_ERROR(express.AddFile(*component, file, base.get()));
    }
  }
  return express.Finish(members);
}

Result<Bytes> MakeReverseDelta(const Content& now, const Content& before) {
  delta::EncodeOptions options;
  options.crc_prefix = true;
  return delta::Encode(now.All(), before.All(), options);
}

}  // namespace ww::lab
