// The input image of a job, opened, locked against writers, and remembered as it was.
#pragma once

#include <memory>
#include <vector>

#include "input_identity.h"
#include "job_files.h"
#include "wimwright/servicing/job.h"
#include "wimwright/wim/wim_file.h"

namespace ww::servicing {

struct JobInput {
  std::unique_ptr<File> lock;  // shared; null where the file system knows no locks
  InputIdentity identity;
  wim::Header header;
  std::unique_ptr<wim::WimFile> wim;
};

// kBusy while somebody appends to the image.
Result<JobInput> OpenInput(const std::filesystem::path& path, JobFileSystem& fs, Logger& log);

// What the "plan" phase will advance: the update files, and the metadata of the images.
std::uint64_t PlanBytes(const JobOptions& options, const std::vector<int>& indexes,
                        const wim::WimFile& image);

}  // namespace ww::servicing
