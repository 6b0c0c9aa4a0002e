-- SPDX-License-Identifier: Apache-2.0
-- Columns: a language server counts them in the units of the position encoding that was agreed
-- on, Neovim counts bytes. This is the one place that converts between the two.

local M = {}

---@alias krait.Encoding 'utf-8'|'utf-16'|'utf-32'

--- How many units the character takes that begins with `byte`; 0 for its other bytes.
---@param byte integer
---@param encoding krait.Encoding
---@return integer
local function units_of(byte, encoding)
  if encoding == 'utf-8' then
    return 1
  end
  if byte >= 0x80 and byte < 0xC0 then
    return 0
  end
  -- Four bytes of UTF-8 are a surrogate pair in UTF-16.
  return (encoding == 'utf-16' and byte >= 0xF0) and 2 or 1
end

--- The length of `text` in units of `encoding`.
---@param text string
---@param encoding krait.Encoding
---@return integer
function M.length(text, encoding)
  if encoding == 'utf-8' then
    return #text
  end
  local units = 0
  for i = 1, #text do
    units = units + units_of(text:byte(i), encoding)
  end
  return units
end

--- The byte column (0-based) of the unit column `units`; the line's end if it lies beyond.
---@param line string
---@param units integer
---@param encoding krait.Encoding
---@return integer
function M.to_bytes(line, units, encoding)
  if encoding == 'utf-8' then
    return math.min(units, #line)
  end
  local seen = 0
  for i = 1, #line do
    local width = units_of(line:byte(i), encoding)
    if width > 0 and seen >= units then
      return i - 1
    end
    seen = seen + width
  end
  return #line
end

--- The unit column of the byte column `col` (0-based).
---@param line string
---@param col integer
---@param encoding krait.Encoding
---@return integer
function M.from_bytes(line, col, encoding)
  return M.length(line:sub(1, col), encoding)
end

return M
