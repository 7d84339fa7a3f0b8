// SPDX-License-Identifier: MIT
// The interface descriptions that org.varlink.service answers with: the very files that are installed.
#pragma once

namespace switchback {

extern const char* const kActivatorInterfaceText;
extern const char* const kServiceInterfaceText;

}  // namespace switchback
