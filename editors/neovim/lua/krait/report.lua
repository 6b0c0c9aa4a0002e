-- SPDX-License-Identifier: Apache-2.0
-- `:Krait status` and `:Krait explain`.

local ask = require('krait.ask')
local buffers = require('krait.buffers')
local compat = require('krait.compat')
local lifecycle = require('krait.lifecycle')
local message = require('krait.message')
local server = require('krait.server')
local status = require('krait.status')
local window = require('krait.window')

local M = {}

---@param value any
---@return boolean
local function present(value)
  return value ~= nil and value ~= vim.NIL
end

--- `bytes` in the unit that people read.
---@param bytes number
---@return string
local function size(bytes)
  for _, unit in ipairs({ 'B', 'KiB', 'MiB' }) do
    if bytes < 1024 then
      return ('%.4g %s'):format(bytes, unit)
    end
    bytes = bytes / 1024
  end
  return ('%.4g GiB'):format(bytes)
end

--- Why krait is, or is not, at work in `buf`.
---@param buf integer
---@return string
local function in_buffer(buf)
  local config = lifecycle.config()
  if not config then
    return 'off (:Krait enable)'
  end
  if not buffers.is_ordinary(buf) then
    return 'not in this buffer: it is no file of a known type'
  end
  if not buffers.is_wanted(buf, config) then
    return ('off for this buffer (:Krait enable buffer, or :Krait enable %s)'):format(
      vim.bo[buf].filetype
    )
  end
  if lifecycle.stopped() then
    return 'stopped (:Krait restart)'
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
  local lines = { 'state: ' .. status.word(last) }
  if present(last.message) and last.message ~= '' then
    lines[#lines + 1] = 'message: ' .. last.message
  end
  local krait = last.krait
  if type(krait) ~= 'table' then
    return lines
  end
  if present(krait.model) then
    lines[#lines + 1] = 'model: ' .. tostring(krait.model)
  end
  if present(krait.tokens_reused) then
    lines[#lines + 1] = ('last completion: %s tokens reused, %s computed, %s generated, %s ms'):format(
      krait.tokens_reused,
      krait.tokens_computed,
      krait.tokens_generated,
      krait.ms
    )
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

---@param name string
---@param value any
---@return string?
local function explanation_line(name, value)
  if not present(value) then
    return nil
  end
  if type(value) ~= 'table' then
    return ('%s: %s'):format(name, value)
  end
  local parts = {} ---@type string[]
  for key, part in vim.spairs(value) do
    parts[#parts + 1] = ('%s %s'):format(key, part)
  end
  return ('%s: %s'):format(name, table.concat(parts, ', '))
end

---@param explanation table
---@return string[]
local function explanation_lines(explanation)
  local why = explanation.suppressed_by
  local lines = { present(why) and 'nothing was shown: ' .. why or 'something was shown' }
  for name, value in vim.spairs(explanation) do
    if name ~= 'suppressed_by' then
      lines[#lines + 1] = explanation_line(name, value)
    end
  end
  return lines
end

--- Shows why the last completion of this buffer is what it is, or why there is none.
function M.explain()
  local buf = vim.api.nvim_get_current_buf()
  local client = server.ready(buf)
  if not client then
    return message.warn(in_buffer(buf))
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(buf) } }
  compat.request(client, 'krait/explain', params, function(err, explanation)
    if err then
      return message.error(err.message or 'the server could not explain')
    end
    if type(explanation) ~= 'table' then
      return message.info('nothing was asked for in this buffer yet')
    end
    window.show('explain', explanation_lines(explanation))
  end, buf)
end

return M
