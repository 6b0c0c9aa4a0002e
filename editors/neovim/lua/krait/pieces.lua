-- SPDX-License-Identifier: Apache-2.0
-- The pieces of a suggestion that can be accepted one after the other.

local M = {}

---@alias krait.Extent 'all'|'word'|'line'

-- White space, and a run of word characters (as the buffer's 'iskeyword' has it) or of others.
local word = [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]]

--- The first piece of `rest`, the text that is still offered. Never empty if `rest` is not.
---@param rest string
---@param extent krait.Extent
---@return string
function M.first(rest, extent)
  if extent == 'line' then
    -- At the end of a line the next one is meant.
    return rest:match('^\n*[^\n]*')
  elseif extent == 'word' then
    local piece = vim.fn.matchstr(rest, word)
    return piece ~= '' and piece or rest
  end
  return rest
end

--- What is left of `text` when the user has typed `typed`; nil if it was something else, or all.
---@param text string
---@param typed string
---@return string?
function M.rest(text, typed)
  if #typed >= #text or text:sub(1, #typed) ~= typed then
    return nil
  end
  return text:sub(#typed + 1)
end

return M
