// SPDX-License-Identifier: MIT
// The colours of a picture (plot.hpp), by class: once for paper that is white, once for paper that is dark.
#pragma once

#include <string_view>

namespace switchback {

// Written out twice instead of by variables: not every viewer knows those.
inline constexpr std::string_view kPlotStyle = R"(
text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
.title { font-size: 18px; font-weight: 600; }
.mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
.small { font-size: 11px; }
.tiny { font-size: 10px; }
.strong { font-weight: 600; }
.right { text-anchor: end; }
.middle { text-anchor: middle; }
.page { fill: #ffffff; }
.muted { fill: #59636e; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
.edge { stroke: #818b98; stroke-width: 1; }
.stripe { fill: #818b98; fill-opacity: 0.07; }
.band { fill-opacity: 0.09; }
.fine { stroke: #818b98; stroke-width: 1; fill: none; }
.tear { fill: #ffffff; }
.good { fill: #9be3ac; }
.idle { fill: #cdd6df; }
.waiting { fill: #ffd865; }
.bad { fill: #ff8f8a; }
.ignored { fill: #e9edf1; }
.unseen { stroke: #818b98; stroke-width: 2; stroke-dasharray: 3 3; fill: none; }
.restart { fill: #953800; }
.on-restart { fill: #ffffff; font-size: 9px; font-weight: 600; text-anchor: middle; }
text.good { fill: #1a7f37; }
text.waiting { fill: #7d4e00; }
text.bad { fill: #cf222e; }
text.idle, text.ignored { fill: #59636e; }
path.good { fill: #1a7f37; }
path.waiting { fill: #9a6700; }
path.bad { fill: #cf222e; }
.preparing { fill: #6e7781; }
.switching { fill: #0969da; }
.observing { fill: #116b73; }
.awaiting, .testing { fill: #8250df; }
.committing { fill: #1a7f37; }
.reverting { fill: #cf222e; }
text.on { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.page, .tear { fill: #0d1117; }
.muted { fill: #9198a1; }
.grid { stroke: #2a313c; }
.edge, .fine, .unseen { stroke: #7d8590; }
.stripe { fill-opacity: 0.09; }
.band { fill-opacity: 0.16; }
.good { fill: #1f7a3a; }
.idle { fill: #3d4652; }
.waiting { fill: #8a6500; }
.bad { fill: #b62324; }
.ignored { fill: #21262d; }
.restart { fill: #ffb77c; }
.on-restart { fill: #0d1117; }
text.good, path.good { fill: #4ac26b; }
text.waiting, path.waiting { fill: #e3b341; }
text.bad, path.bad { fill: #ff7b72; }
text.idle, text.ignored { fill: #9198a1; }
.switching { fill: #1f6feb; }
.observing { fill: #147a83; }
.awaiting, .testing { fill: #8957e5; }
.committing { fill: #238636; }
.reverting { fill: #da3633; }
}
)";

}  // namespace switchback
