// SPDX-License-Identifier: MIT
// What has to be said so that a client of a message bus may talk to PID 1's private socket, where there is no
// bus: the bus's own answers, and the sender that it would put on what PID 1 says. Bytes alone, no I/O.
// Source: D-Bus specification, «Message Protocol» and «Message Bus Messages».
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace switchback {

class BusDialect {
 public:
  /// Takes what the client said; what of it is for PID 1, and what is answered in the bus's place, is added
  /// to the two. False: this is no D-Bus, hang up.
  [[nodiscard]] bool from_client(std::string_view bytes, std::string& to_manager, std::string& to_client);
  /// Takes what PID 1 said, for the client.
  [[nodiscard]] bool from_manager(std::string_view bytes, std::string& to_client);

 private:
  std::string client_, manager_;   // not whole yet
  bool client_has_begun_ = false;  // its authentication is over, messages follow
  std::uint32_t last_serial_ = 0;
};

}  // namespace switchback
