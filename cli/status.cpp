// SPDX-License-Identifier: MIT
#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "cli/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace switchback {
namespace {

constexpr std::size_t kLabelColumns = 12;

void row(std::ostream& out, const std::string& label, const std::string& value) {
  out << "  " << padded(label, kLabelColumns) << value << '\n';
}

void show_profiles(std::ostream& out, const std::vector<ProfileStatus>& profiles) {
  if (profiles.empty()) return row(out, "profiles", "none");
  std::size_t widest = std::string("PROFILE").size();
  for (const auto& profile : profiles) {
    widest = std::max(widest, columns(printable(profile.generation.profile)));
  }
  const auto line = [&](const std::string& name, const std::string& number, const std::string& age,
                        const std::string& closure) {
    out << "  " << padded(name, widest) << "  " << padded(number, 10) << "  " << padded(age, 11) << "  "
        << closure << '\n';
  };
  line("PROFILE", "GENERATION", "AGE", "CLOSURE");
  for (const auto& profile : profiles) {
    const auto& generation = profile.generation;
    line(printable(generation.profile), generation.number ? std::to_string(*generation.number) : "-",
         profile.age ? age_text(*profile.age) : "-", closure_name(generation.closure));
  }
}

std::string running_text(const ActivationStatus& running) {
  auto out = running.id.short_text() + " " + std::string(text(running.phase));
  if (running.seconds_left) {
    out += ", " + std::to_string(std::llround(std::clamp(*running.seconds_left, 0.0, 1e9))) + " s left";
  }
  if (!running.holder.empty()) out += ", by " + printable(running.holder);
  return out;
}

std::string joined(const std::vector<std::string>& units) {
  std::string out;
  for (const auto& unit : units) out += (out.empty() ? "" : ", ") + printable(unit);
  return out;
}

void show(const HostStatus& status, const std::string& node, std::ostream& out) {
  out << node;
  if (status.host != node) out << " (" << printable(status.host) << ")";
  out << ": activator " << printable(status.version) << '\n';
  show_profiles(out, status.profiles);
  if (status.running && !status.running->outcome) row(out, "running", running_text(*status.running));
  if (status.last && status.last->outcome) {
    row(out, "last", status.last->id.short_text() + " " + outcome_summary(*status.last->outcome));
  }
  if (!status.failed_units.empty()) row(out, "failed", joined(status.failed_units));
  if (!status.trouble.empty()) row(out, "trouble", printable(status.trouble));
  out.flush();
}

}  // namespace

ExitStatus show_status(Remote& remote, const Answer& answer) {
  const auto reply = query(remote, "Status", nlohmann::json::object(), answer.interrupt);
  if (!reply) return complain(reply.error(), remote.name(), answer);
  if (answer.json) {
    write_document(reply->parameters, remote.name(), answer.out);
    return ExitStatus::done;
  }
  const auto status = parse_host_status(reply->parameters);
  if (!status) return complain(status.error(), remote.name(), answer);
  show(*status, remote.name(), answer.out);
  return ExitStatus::done;
}

ExitStatus run(const StatusOptions& options) {
  return on_nodes(options.common, logged_in(options.common, show_status));
}

}  // namespace switchback
