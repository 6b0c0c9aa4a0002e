-- SPDX-License-Identifier: Apache-2.0
-- The window with the questions of this Neovim and their answers.

local window = require('krait.window')

local M = {}

local height = 12 -- lines

---@class krait.Place An item of the quickfix list.
---@field filename string
---@field lnum integer
---@field text string
---@field page? integer

---@class krait.Turn A question and its answer.
---@field question string
---@field continues boolean It goes on with the conversation of the turn before.
---@field buf integer The buffer that was in front of the user.
---@field answer string What was said so far.
---@field places krait.Place[]
---@field note? string Why there is no more.
---@field under_way boolean

---@class krait.PanelActions
---@field follow_up fun()
---@field cancel fun()

---@type integer?
local panel
--- What each line of the panel opens.
---@type table<integer, krait.Place>
local places = {}

---@param place krait.Place
local function open(place)
  if place.page then
    -- Neovim shows no PDF file.
    vim.ui.open(place.filename)
    return
  end
  local target = vim.fn.win_getid(vim.fn.winnr('#'))
  if target == 0 or target == vim.api.nvim_get_current_win() then
    vim.cmd('aboveleft split')
  else
    vim.api.nvim_set_current_win(target)
  end
  vim.cmd.edit(vim.fn.fnameescape(place.filename))
  vim.api.nvim_win_set_cursor(0, { math.min(place.lnum, vim.api.nvim_buf_line_count(0)), 0 })
end

---@param turn krait.Turn
---@param lines string[] to which its lines are added
local function add_turn(turn, lines)
  if #lines > 0 then
    lines[#lines + 1] = ''
  end
  vim.list_extend(lines, { (turn.continues and '## ' or '# ') .. turn.question, '' })
  if turn.answer ~= '' then
    vim.list_extend(lines, vim.split(turn.answer, '\n', { plain = true }))
  end
  if turn.under_way then
    lines[#lines + 1] = '… (s stops it)'
  elseif turn.note then
    lines[#lines + 1] = ('(%s)'):format(turn.note)
  end
  if #turn.places > 0 then
    lines[#lines + 1] = ''
  end
  for _, place in ipairs(turn.places) do
    local path = vim.fn.fnamemodify(place.filename, ':~:.')
    lines[#lines + 1] = ('- %s:%d %s'):format(path, place.lnum, place.text)
    places[#lines] = place
  end
end

---@param buf integer
---@param actions krait.PanelActions
local function map_keys(buf, actions)
  local function map(key, action)
    vim.keymap.set('n', key, action, { buffer = buf, nowait = true })
  end
  map('<CR>', function()
    local place = places[vim.api.nvim_win_get_cursor(0)[1]]
    if place then
      open(place)
    end
  end)
  map('a', actions.follow_up)
  map('s', actions.cancel)
end

--- Whether it is open.
---@return boolean
function M.is_open()
  return panel ~= nil and vim.api.nvim_buf_is_valid(panel)
end

--- Whether `buf` is it.
---@param buf integer
---@return boolean
function M.is(buf)
  return M.is_open() and buf == panel
end

--- Shows the turns, in the window that is open or else in a new one.
---@param turns krait.Turn[] the oldest first
---@param actions krait.PanelActions
function M.show(turns, actions)
  local lines = {} ---@type string[]
  places = {}
  for _, turn in ipairs(turns) do
    add_turn(turn, lines)
  end
  local was_open = M.is_open()
  -- Who reads further up is left there.
  local follows = not was_open
  local win = was_open and vim.fn.bufwinid(panel) or -1
  if win ~= -1 then
    follows = vim.api.nvim_win_get_cursor(win)[1] == vim.api.nvim_buf_line_count(panel)
  end
  panel = window.show('answer', lines, 'markdown')
  if not was_open then
    map_keys(panel, actions)
    -- An answer that nobody sees is not made.
    vim.api.nvim_buf_attach(panel, false, { on_detach = vim.schedule_wrap(actions.cancel) })
  end
  win = vim.fn.bufwinid(panel)
  if not was_open then
    vim.api.nvim_win_set_height(win, height)
  end
  if follows and win ~= -1 then
    vim.api.nvim_win_set_cursor(win, { #lines, 0 })
  end
end

return M
