#include "words.h"

#include <array>

namespace ww::lab {
namespace {

constexpr std::array<std::string_view, 64> kWords = {
    "Agent",    "Audio",    "Backup",   "Bridge",   "Cache",   "Channel",  "Client",  "Codec",
    "Config",   "Console",  "Control",  "Core",     "Data",    "Device",   "Digest",  "Display",
    "Driver",   "Event",    "Explorer", "Filter",   "Font",    "Graph",    "Group",   "Host",
    "Image",    "Index",    "Input",    "Kernel",   "Layout",  "Library",  "Link",    "Locale",
    "Manager",  "Media",    "Memory",   "Message",  "Monitor", "Network",  "Object",  "Offline",
    "Option",   "Panel",    "Policy",   "Port",     "Printer", "Process",  "Profile", "Provider",
    "Queue",    "Reader",   "Recovery", "Registry", "Remote",  "Resource", "Router",  "Sample",
    "Schedule", "Security", "Service",  "Session",  "Shell",   "Storage",  "System",  "Transfer"};

}  // namespace

std::string_view Word(std::uint64_t number) { return kWords[number % kWords.size()]; }

std::string FamilyWord(std::uint64_t number) {
  const std::uint64_t first = number % kWords.size();
  const std::uint64_t second = (number / kWords.size() + first * 5 + 1) % kWords.size();
  std::string word(kWords[first]);
  word += kWords[second];
  const std::uint64_t round = number / (kWords.size() * kWords.size());
  if (round > 0) word += kWords[round % kWords.size()];
  return word;
}

}  // namespace ww::lab
