// SPDX-License-Identifier: MIT
#include "cli/followed.hpp"
#include "cli/history_text.hpp"
#include "cli/plot.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fstream>
#include <ostream>

namespace switchback {
namespace {

constexpr std::chrono::seconds kReplayTimeout{60};

/// The host leaves the events out of a list that would be too long; of one activation it tells all.
void fetch_events(Remote& remote, FinishedActivation& finished, const Interrupt* interrupt) {
  if (!finished.events.empty()) return;
  const auto* waker = interrupt != nullptr ? &interrupt->waker() : nullptr;
  auto connection = remote.open(Way::shared);
  if (!connection || !connection->call(watch_call(finished.id, 0))) return;
  const auto until = Clock::now() + kReplayTimeout;
  auto raw = nlohmann::json::array();
  for (;;) {
    const auto reply = connection->next(until, waker);
    if (!reply || !*reply || (*reply)->error) break;
    const auto document = (*reply)->parameters.value("event", nlohmann::json());
    raw.push_back(document);
    if (auto event = parse_event(document); event && *event) finished.events.push_back(std::move(**event));
    if (!(*reply)->continues) break;
  }
  finished.raw["events"] = std::move(raw);
}

/// The one that is meant, with all that was told of it; without `id` the last.
Result<FinishedActivation> find_whole(Remote& remote, const std::optional<IdPrefix>& id,
                                      const Interrupt* interrupt) {
  auto found = id ? find_finished(remote, *id, interrupt) : find_last(remote, interrupt);
  if (found) fetch_events(remote, *found, interrupt);
  return found;
}

/// Errors: io.
Status write_file(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  if (file) return {};
  return fail(Errc::io, "cannot write " + path + ": " + errno_text(errno));
}

}  // namespace

ExitStatus list_history(Remote& remote, int limit, const Answer& answer) {
  const auto history = host_history(remote, limit, answer.interrupt);
  if (!history) return complain(history.error(), remote.name(), answer);
  const auto& activations = history->activations;
  if (answer.json) {
    for (const auto& finished : activations) write_document(finished.raw, remote.name(), answer.out);
    return ExitStatus::done;
  }
  if (activations.empty()) answer.out << remote.name() << ": nothing was activated yet\n";
  for (std::size_t i = 0; i < activations.size(); ++i) {
    if (i == 0) answer.out << remote.name() << ":\n";
    answer.out << entry_text(activations[i], answer.width, answer.verbosity > 0);
  }
  if (history->unreadable > 0) {
    answer.err << remote.name() << ": " << history->unreadable
               << " more cannot be read by this version of switchback\n";
  }
  answer.out.flush();
  return ExitStatus::done;
}

ExitStatus show_finished(Remote& remote, const IdPrefix& id, const Answer& answer) {
  const auto finished = find_whole(remote, id, answer.interrupt);
  if (!finished) return complain(finished.error(), remote.name(), answer);
  if (answer.json) {
    write_document(finished->raw, remote.name(), answer.out);
    return ExitStatus::done;
  }
  answer.out << remote.name() << ": activation " << finished->id.text() << '\n'
             << finished_text(*finished, answer.width, answer.verbosity > 0) << std::flush;
  return ExitStatus::done;
}

ExitStatus plot_finished(Remote& remote, const std::optional<IdPrefix>& id, const std::string& file,
                         const Answer& answer) {
  const auto finished = find_whole(remote, id, answer.interrupt);
  if (!finished) return complain(finished.error(), remote.name(), answer);
  const auto picture = plot_svg(*finished, remote.name());
  if (file == "-") {
    answer.out << picture << std::flush;
    return ExitStatus::done;
  }
  if (auto written = write_file(file, picture); !written)
    return complain(written.error(), remote.name(), answer);
  if (answer.verbosity >= 0) {
    answer.out << remote.name() << ": activation " << finished->id.short_text() << " is drawn in "
               << printable(file) << std::endl;
  }
  return ExitStatus::done;
}

ExitStatus run(const HistoryOptions& options) {
  return on_one_node(options.common, logged_in(options.common, [&](Remote& remote, const Answer& answer) {
                       if (options.plot) return plot_finished(remote, options.id, *options.plot, answer);
                       if (options.id) return show_finished(remote, *options.id, answer);
                       return list_history(remote, options.limit, answer);
                     }));
}

}  // namespace switchback
