#include "site_metrics.h"

namespace ww::server {

void AddServicingMetrics(http::Metrics& metrics, const manager::OfflineServicingManager& manager) {
  const auto runs = [&metrics](const char* result) -> http::Gauge& {
    return metrics.AddGauge("ww_servicing_runs_total", "Servicing runs that ended on this server",
                            {{"result", result}});
  };
  auto& succeeded = runs("succeeded");
  auto& failed = runs("failed");
  auto& cancelled = runs("cancelled");
  auto& taken_over = metrics.AddGauge("ww_servicing_runs_taken_over_total",
                                      "Interrupted runs that this server queued again");
  auto& installed = metrics.AddGauge("ww_servicing_updates_installed_total",
                                     "Updates installed, each index counted");
  auto& read = metrics.AddGauge("ww_servicing_read_bytes_total", "Bytes read by servicing");
  auto& written =
      metrics.AddGauge("ww_servicing_written_bytes_total", "Bytes written by servicing");
  auto& seconds = metrics.AddGauge("ww_servicing_seconds_total", "Time spent on images");
  auto& running = metrics.AddGauge("ww_servicing_runs_running", "Runs that this server works on");
  auto& queued = metrics.AddGauge("ww_servicing_runs_queued", "Runs of the site that wait");
  metrics.OnCollect([&manager, &succeeded, &failed, &cancelled, &taken_over, &installed, &read,
                     &written, &seconds, &running, &queued] {
    const auto now = manager.statistics();
    succeeded.Set(static_cast<double>(now.runs_succeeded));
    failed.Set(static_cast<double>(now.runs_failed));
    cancelled.Set(static_cast<double>(now.runs_cancelled));
    taken_over.Set(static_cast<double>(now.runs_taken_over));
    installed.Set(static_cast<double>(now.updates_installed));
    read.Set(static_cast<double>(now.bytes_read));
    written.Set(static_cast<double>(now.bytes_written));
    seconds.Set(now.seconds);
    running.Set(now.running);
    queued.Set(now.queued);
  });
}

}  // namespace ww::server
