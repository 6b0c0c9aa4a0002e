-- SPDX-License-Identifier: Apache-2.0
-- `:Krait status` and `:Krait explain`.

local ask = require('krait.ask')
local buffers = require('krait.buffers')
local compat = require('krait.compat')
local explanation = require('krait.explanation')
local lifecycle = require('krait.lifecycle')
local message = require('krait.message')
local server = require('krait.server')
local snooze = require('krait.snooze')
local status = require('krait.status')
local timing = require('krait.timing')
local unnamed = require('krait.unnamed')
local window = require('krait.window')

local M = {}

---@param value any
---@return boolean
local function present(value)
  return value ~= nil and value ~= vim.NIL
end

--- `bytes` in the unit that people read, with a digit behind the point below ten.
---@param bytes number
---@return string
local function size(bytes)
  local units = { 'B', 'KiB', 'MiB', 'GiB', 'TiB' }
  local unit = 1
  while bytes >= 1024 and unit < #units do
    bytes, unit = bytes / 1024, unit + 1
  end
  local digits = unit > 1 and bytes < 10 and 1 or 0
  return ('%.' .. digits .. 'f %s'):format(bytes, units[unit])
end

--- Why krait is, or is not, at work in `buf`.
---@param buf integer
---@return string
local function in_buffer(buf)
  local config = lifecycle.config()
  if not config then
    return 'off (:Krait enable)'
  end
  local why_not = buffers.why_not(buf)
  if why_not then
    return 'not in this buffer: ' .. why_not
  end
  if not buffers.is_wanted(buf, config) then
    return ('off for this buffer (:Krait enable buffer, or :Krait enable %s)'):format(
      vim.bo[buf].filetype
    )
  end
  if lifecycle.stopped() then
    return 'stopped (:Krait restart)'
  end
  if snooze.active() then
    return ('silent until %s (:Krait snooze 0)'):format(snooze.ends())
  end
  if server.ready(buf) then
    return 'on'
  end
  return server.client() and 'the server is starting' or 'the server is not running'
end

---@param last krait.ServerStatus?
---@return string[]
local function status_lines(last)
  if not last then
    return {}
  end
  local lines = {} ---@type string[]
  local word = status.word(last)
  if word ~= 'krait' then
    lines[#lines + 1] = 'state: ' .. word:gsub('^krait: ', '')
  end
  local krait = type(last.krait) == 'table' and last.krait or {}
  -- When all is well the message is the model.
  if present(last.message) and last.message ~= '' and last.message ~= krait.model then
    lines[#lines + 1] = 'message: ' .. last.message
  end
  if present(krait.model) and krait.model ~= '' then
    lines[#lines + 1] = 'model: ' .. tostring(krait.model)
  end
  local took = timing.text(krait)
  if took then
    local written = tonumber(krait.tokens_generated) or 0
    lines[#lines + 1] = ('last completion: %s, %d written'):format(took, written)
  end
  if present(krait.states_bytes) and present(krait.states_budget_bytes) then
    lines[#lines + 1] = ('warm states: %s of %s'):format(
      size(krait.states_bytes),
      size(krait.states_budget_bytes)
    )
  end
  return lines
end

---@param statistics any
---@return string?
local function statistics_line(statistics)
  if type(statistics) ~= 'table' or not present(statistics.shown) then
    return nil
  end
  return ('since %s: %s shown, %s accepted, %s in part, %s characters not typed'):format(
    statistics.since,
    statistics.shown,
    statistics.accepted,
    statistics.partially,
    statistics.characters
  )
end

--- Shows what krait is doing in this buffer, and what the server says.
function M.status()
  local buf = vim.api.nvim_get_current_buf()
  local lines = { 'krait: ' .. in_buffer(buf) }
  local client = server.ready()
  if client then
    local info = server.info() or { name = client.name }
    lines[#lines + 1] = ('server: %s %s'):format(info.name, info.version or '')
  end
  vim.list_extend(lines, status_lines(status.last()))
  if not client or not ask.understood(client, 'krait/status') then
    window.show('status', lines)
    return
  end
  compat.request(client, 'krait/status', nil, function(_, answer)
    lines[#lines + 1] = type(answer) == 'table' and statistics_line(answer.statistics) or nil
    window.show('status', lines)
  end, buf)
end

--- Shows why the last completion of this buffer is what it is, or why there is none.
function M.explain()
  local buf = vim.api.nvim_get_current_buf()
  local client = server.ready(buf)
  if not client then
    return message.warn(in_buffer(buf))
  end
  local params = { textDocument = { uri = unnamed.uri(buf) } }
  compat.request(client, 'krait/explain', params, function(err, answer)
    if err then
      return message.error(err.message or 'the server could not explain')
    end
    if type(answer) ~= 'table' then
      return message.info('nothing was asked for in this buffer yet')
    end
    window.show('explain', explanation.lines(answer))
  end, buf)
end

return M
