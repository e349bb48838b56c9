// Payload into the image file: every needed member once, checked against its digest on the way.
#pragma once

#include <optional>

#include "job_plan.h"
#include "payload_cache.h"
#include "search_updates.h"
#include "stored_content.h"
#include "wimwright/wim/editor.h"

namespace ww::servicing {

// The one update whose payload is damaged, if that is why streaming failed. Other failures (disk,
// cancellation) concern the job.
struct PayloadFailure {
  std::size_t update = 0;
  Error error;
};

// Uncompressed bytes that StorePayload() will store.
std::uint64_t PayloadBytes(const JobPlan& plan);

// Streams the union of what all indexes need, each update's container once and each content once
// even when several updates carry it. A member goes through SHA-256 into the editor, which hashes
// and compresses on its own threads; it becomes part of the file only after its digest matched.
// What `cache` (null: none) has is taken from there, compressed; the caller proves its SHA-256. On
// failure `damaged` says which update is to blame, if one is.
Status StorePayload(const JobPlan& plan, const UpdateSet& updates, wim::Editor& editor,
                    PayloadCache* cache, StoredContents& stored,
                    std::optional<PayloadFailure>& damaged, const Context& context);

// The plans' own bytes. Empties the pool.
Status StoreContents(ContentPool& pool, wim::Editor& editor, StoredContents& stored,
                     const Context& context);

}  // namespace ww::servicing
