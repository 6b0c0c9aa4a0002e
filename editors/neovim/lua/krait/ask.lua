-- SPDX-License-Identifier: Apache-2.0
-- `:Krait ask QUESTION`: asks the server about the repository, if it can.

local compat = require('krait.compat')
local message = require('krait.message')
local server = require('krait.server')
local unnamed = require('krait.unnamed')
local window = require('krait.window')

local M = {}

local method = 'krait/ask'

--- Whether the server says that it understands `request`.
---@param client vim.lsp.Client
---@param request string
---@return boolean
function M.understood(client, request)
  local known = vim.tbl_get(client.server_capabilities, 'experimental', 'krait', 'requests')
  return type(known) == 'table' and vim.list_contains(known, request)
end

--- Whether there is a server that can be asked.
---@return boolean
function M.possible()
  local client = server.ready()
  return client ~= nil and M.understood(client, method)
end

---@param citation any
---@return table? item for the quickfix list
local function quickfix_item(citation)
  if type(citation) ~= 'table' or type(citation.uri) ~= 'string' then
    return nil
  end
  local line = vim.tbl_get(citation, 'range', 'start', 'line')
  -- A PDF file has pages, a notebook cells.
  local unit = citation.page and 'page' or citation.cell and 'cell'
  local part = unit and ('%s %s '):format(unit, tostring(citation[unit])) or ''
  return {
    filename = vim.uri_to_fname(citation.uri),
    lnum = (type(line) == 'number' and line or 0) + 1,
    text = part .. (type(citation.text) == 'string' and citation.text or ''),
  }
end

---@param question string
---@param answer any `{"answer": TEXT, "citations": [{"uri", "range", "text"}]}`
local function show(question, answer)
  local text = type(answer) == 'table' and answer.answer
  if type(text) ~= 'string' then
    return message.warn('the server has no answer')
  end
  local lines = { '# ' .. question, '' }
  vim.list_extend(lines, vim.split(text, '\n', { plain = true }))
  local items = {} ---@type table[]
  for _, citation in ipairs(type(answer.citations) == 'table' and answer.citations or {}) do
    items[#items + 1] = quickfix_item(citation)
  end
  if #items > 0 then
    lines[#lines + 1] = ''
    for _, item in ipairs(items) do
      local path = vim.fn.fnamemodify(item.filename, ':~:.')
      lines[#lines + 1] = ('- %s:%d %s'):format(path, item.lnum, item.text)
    end
    vim.fn.setqflist({}, ' ', { title = 'krait: ' .. question, items = items })
  end
  window.show('answer', lines, 'markdown')
end

---@param question string
function M.ask(question)
  local client = server.ready()
  if not client then
    return message.warn('the server is not running (:Krait status)')
  end
  if not M.understood(client, method) then
    return message.warn(
      'this krait cannot answer questions yet: its server does not know krait/ask'
    )
  end
  if vim.trim(question) == '' then
    return message.warn('what? :Krait ask QUESTION')
  end
  local buf = vim.api.nvim_get_current_buf()
  local document = server.ready(buf) and { uri = unnamed.uri(buf) } or nil
  local params = { question = question, textDocument = document }
  compat.request(client, method, params, function(err, answer)
    if err then
      return message.error(err.message or 'the server could not answer')
    end
    show(question, answer)
  end, buf)
end

return M
