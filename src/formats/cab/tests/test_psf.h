// Express packages for tests: a PSF, its index and PSFX.CIX, written field by field.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "test_cabinet.h"
#include "wimwright/delta/encode.h"

namespace ww::cab::test {

inline std::string Hash(std::string_view content) {
  return fmt::format(R"(<Hash alg="SHA256" value="{}"/>)", ToHex(Sha256(AsBytes(content))));
}

class PsfBuilder {
 public:
  PsfBuilder() {
    psf_ = ToBytes(std::string_view("PSTREAM\0\2\0\2\0", 12));
    psf_.resize(0x80);
  }
  // A record that is the file.
  PsfBuilder& Raw(const std::string& name, const std::string& content) {
    return Add(name, content, content, "RAW");
  }
  // A record that expands to the file.
  PsfBuilder& Packed(const std::string& name, const std::string& content,
                     std::string_view type = "PA30") {
    const Bytes delta = *delta::Encode({}, AsBytes(content), {.crc_prefix = true});
    return Add(name, content, std::string(AsText(delta)), type);
  }
  PsfBuilder& Add(const std::string& name, const std::string& content, const std::string& stored,
                  std::string_view type) {
    files_ += fmt::format(
        R"(<File id="{}" name="{}" length="{}" time="133000000000000000" attr="32">{}<Delta>)"
        R"(<Source type="{}" offset="{}" length="{}">{}</Source></Delta></File>)",
        ++id_, name, content.size(), Hash(content), type, psf_.size(), stored.size(), Hash(stored));
    Append(psf_, AsBytes(stored));
    return *this;
  }
  Bytes Psf() const { return psf_; }
  std::string PsfText() const { return std::string(AsText(psf_)); }
  std::string Index(const std::string& name = "u.psf") const {
    return fmt::format(R"(<?xml version="1.0"?><Container xmlns="urn:ContainerIndex" name="{}" )"
                       R"(type="PSF" length="{}" version="1"><Description/><DeltaBasisSearch>)"
                       R"(<Location id="0" path="x" flags="1"/></DeltaBasisSearch>)"
                       R"(<Files>{}</Files></Container>)",
                       name, psf_.size(), files_);
  }

 private:
  Bytes psf_;
  std::string files_;
  int id_ = 0;
};

class PsfxBuilder {
 public:
  PsfxBuilder& Delta(const std::string& name, const std::string& target, const std::string& record,
                     const std::string& record_content, const std::string* basis) {
    const std::string from = basis == nullptr ? ""
                                              : fmt::format(R"(<Basis length="{}">{}</Basis>)",
                                                            basis->size(), Hash(*basis));
    return Add(name, target,
               fmt::format(R"(<Source type="PA30" name="{}">{}</Source>{})", record,
                           Hash(record_content), from));
  }
  PsfxBuilder& Carried(const std::string& name, const std::string& content,
                       const std::string& from) {
    return Add(name, content,
               fmt::format(R"(<Source type="RAW" name="{}">{}</Source>)", from, Hash(content)));
  }
  PsfxBuilder& Add(const std::string& name, const std::string& target, const std::string& delta) {
    files_ +=
        fmt::format(R"(<File id="{}" name="{}" length="{}" attr="32">{}<Delta>{}</Delta></File>)",
                    ++id_, name, target.size(), Hash(target), delta);
    return *this;
  }
  std::string Index(std::string_view version = "2") const {
    return fmt::format(R"(<Container xmlns="urn:ContainerIndex" name="PSFX.CIX" type="PSFX" )"
                       R"(version="{}"><Files>{}</Files></Container>)",
                       version, files_);
  }

 private:
  std::string files_;
  int id_ = 0;
};

}  // namespace ww::cab::test
