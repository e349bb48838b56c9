// Bytes from OpenSSL's generator.
#pragma once

#include <openssl/rand.h>

#include <string>

#include "wimwright/base/bytes.h"
#include "wimwright/base/result.h"

namespace ww::http {

inline Result<std::string> RandomBytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) {
    return Fail(Code::kInternal, "no random bytes");
  }
  return out;
}

}  // namespace ww::http
