-- SPDX-License-Identifier: Apache-2.0
-- Silence for some minutes: until then the server is told that completion is off, so that it does
-- nothing unless it is asked by a key.

local M = {}

M.most_minutes = 24 * 60

---@type uv.uv_timer_t?
local timer
---@type integer? seconds since 1970
local ends_at

---@return boolean
function M.active()
  return ends_at ~= nil
end

--- The time of day at which it ends.
---@return string?
function M.ends()
  return ends_at and tostring(os.date('%H:%M', ends_at)) or nil
end

local function stop_timer()
  if timer and not timer:is_closing() then
    timer:stop()
    timer:close()
  end
  timer = nil
end

--- Ends it at once, without telling anybody.
function M.stop()
  stop_timer()
  ends_at = nil
end

--- Begins, or goes on for another time; `on_end` is called when it is over.
---@param minutes number
---@param on_end fun()
function M.start(minutes, on_end)
  M.stop()
  ends_at = os.time() + math.ceil(minutes * 60)
  timer = vim.defer_fn(function()
    M.stop()
    on_end()
  end, math.ceil(minutes * 60000))
end

return M
