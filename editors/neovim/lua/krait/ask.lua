-- SPDX-License-Identifier: Apache-2.0
-- `:Krait ask QUESTION`: asks the server about the repository, if it can. What was asked and
-- answered stays in a window until Neovim ends.

local compat = require('krait.compat')
local message = require('krait.message')
local panel = require('krait.ask_panel')
local server = require('krait.server')
local unnamed = require('krait.unnamed')

local M = {}

local method = 'krait/ask'
-- What is kept, and what of that a question that goes on carries along.
local most_turns, most_earlier, most_characters = 50, 8, 4000

---@type krait.Turn[]
local turns = {}
--- The request for the last turn.
---@type { client: vim.lsp.Client, id: integer, token: string }?
local under_way
local last_token = 0

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
---@return krait.Place?
local function place_of(citation)
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
    page = type(citation.page) == 'number' and citation.page or nil,
  }
end

local function input_follow_up()
  vim.ui.input({ prompt = 'krait, go on: ' }, function(question)
    if question and vim.trim(question) ~= '' then
      M.follow_up(question)
    end
  end)
end

local function show()
  panel.show(turns, { follow_up = input_follow_up, cancel = M.cancel })
end

--- Shows what is new, unless the user has closed the window.
local function refresh()
  if panel.is_open() then
    show()
  end
end

---@param turn krait.Turn
local function set_quickfix(turn)
  local items = {} ---@type table[]
  for _, place in ipairs(turn.places) do
    items[#items + 1] = { filename = place.filename, lnum = place.lnum, text = place.text }
  end
  if #items > 0 then
    vim.fn.setqflist({}, ' ', { title = 'krait: ' .. turn.question, items = items })
  end
end

---@param turn krait.Turn
---@param err lsp.ResponseError?
---@param answer any `{"answer": TEXT, "citations": [{"uri", "range", "text"}]}`
local function finish(turn, err, answer)
  under_way = nil
  turn.under_way = false
  local text = type(answer) == 'table' and answer.answer
  if err then
    turn.note = err.message or 'the server could not answer'
  elseif type(text) ~= 'string' then
    turn.note = 'the server has no answer'
  else
    -- What was said before its places were checked gives way.
    turn.answer = text
    for _, citation in ipairs(type(answer.citations) == 'table' and answer.citations or {}) do
      turn.places[#turn.places + 1] = place_of(citation)
    end
    set_quickfix(turn)
  end
  refresh()
end

--- The conversation so far, which the next question goes on with.
---@return { question: string, answer: string }[]
local function earlier()
  local said = {} ---@type { question: string, answer: string }[]
  for i = #turns, 1, -1 do
    local turn = turns[i]
    if turn.answer ~= '' and not turn.note and #said < most_earlier then
      table.insert(said, 1, {
        question = vim.fn.strcharpart(turn.question, 0, most_characters),
        answer = vim.fn.strcharpart(turn.answer, 0, most_characters),
      })
    end
    if not turn.continues then
      break
    end
  end
  return said
end

--- The server that can be asked; what is missing is said.
---@return vim.lsp.Client?
local function answering()
  local client = server.ready()
  if not client then
    message.warn('the server is not running (:Krait status)')
  elseif not M.understood(client, method) then
    message.warn('this krait cannot answer questions: its server does not know krait/ask')
  else
    return client
  end
  return nil
end

---@param client vim.lsp.Client
---@param turn krait.Turn
---@param said { question: string, answer: string }[]
local function send(client, turn, said)
  local buf = turn.buf
  local document = server.ready(buf) and { uri = unnamed.uri(buf) } or nil
  last_token = last_token + 1
  local token = 'krait-ask-' .. last_token
  local params = {
    question = turn.question,
    earlier = #said > 0 and said or nil,
    textDocument = document,
    partialResultToken = token,
  }
  local id = compat.request(client, method, params, function(err, answer)
    -- One that was cancelled has been finished.
    if under_way and under_way.token == token then
      finish(turn, err, answer)
    end
  end, buf)
  if id then
    under_way = { client = client, id = id, token = token }
  else
    turn.under_way, turn.note = false, 'the server is gone'
  end
end

---@param client vim.lsp.Client
---@param question string
---@param said { question: string, answer: string }[]
---@param continues boolean
local function ask(client, question, said, continues)
  M.cancel()
  local buf = vim.api.nvim_get_current_buf()
  local last = turns[#turns]
  if panel.is(buf) and last and vim.api.nvim_buf_is_valid(last.buf) then
    buf = last.buf
  end
  local turn = {
    question = vim.trim(question),
    continues = continues,
    buf = buf,
    answer = '',
    places = {},
    under_way = true,
  }
  turns[#turns + 1] = turn
  if #turns > most_turns then
    table.remove(turns, 1)
    turns[1].continues = false
  end
  send(client, turn, said)
  show()
end

--- Asks; without a question, shows what was asked before.
---@param question string
function M.ask(question)
  if vim.trim(question) == '' and #turns > 0 then
    return show()
  end
  local client = answering()
  if not client then
    return
  end
  if vim.trim(question) == '' then
    return message.warn('what? :Krait ask QUESTION')
  end
  ask(client, question, {}, false)
end

--- Goes on with the conversation of the last question.
---@param question string
function M.follow_up(question)
  local client = answering()
  if not client then
    return
  end
  if vim.trim(question) == '' then
    return message.warn('what? :Krait follow_up QUESTION')
  end
  ask(client, question, earlier(), #turns > 0)
end

--- Whether there is a conversation that can go on.
---@return boolean
function M.may_follow_up()
  return #turns > 0 and M.possible()
end

--- Ends the answer under way, of which what was said so far stays.
function M.cancel()
  local request, turn = under_way, turns[#turns]
  if not request or not turn then
    return
  end
  under_way = nil
  compat.cancel(request.client, request.id)
  turn.under_way, turn.note = false, 'stopped'
  vim.schedule(refresh)
end

--- The server has ended: nobody answers any more.
function M.lost()
  if under_way and compat.is_stopped(under_way.client) then
    finish(turns[#turns], { message = 'the server ended' }, nil)
  end
end

--- Takes a part of the answer under way. False: it is of something else.
---@param params any of $/progress
---@return boolean
function M.take_part(params)
  if type(params) ~= 'table' or not under_way or params.token ~= under_way.token then
    return type(params) == 'table' and vim.startswith(tostring(params.token), 'krait-ask-')
  end
  local text = vim.tbl_get(params, 'value', 'text')
  local turn = turns[#turns]
  if type(text) == 'string' and turn then
    turn.answer = turn.answer .. text
    refresh()
  end
  return true
end

return M
