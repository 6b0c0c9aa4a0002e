-- SPDX-License-Identifier: Apache-2.0
-- The names of languages: where Neovim's filetype is not the language id of the protocol.

local M = {}

---@type table<string, string>
local ids = {
  bash = 'shellscript',
  cs = 'csharp',
  make = 'makefile',
  objc = 'objective-c',
  objcpp = 'objective-cpp',
  ps1 = 'powershell',
  sh = 'shellscript',
  text = 'plaintext',
  zsh = 'shellscript',
}

--- The protocol's language id of a filetype. Of compound ones, such as `c.doxygen`, the first counts.
---@param filetype string
---@return string
function M.id(filetype)
  local first = filetype:match('^[^.]+') or filetype
  return ids[first] or first
end

return M
