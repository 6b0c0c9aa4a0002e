-- SPDX-License-Identifier: Apache-2.0
-- Global mappings in insert mode. A key that has nothing to do, because nothing is suggested or a
-- completion menu is open, does what it did before it was mapped.

local popup = require('krait.popup')

local M = {}

---@class krait.Mapped
---@field lhs string
---@field before? table The mapping that it replaced, as `nvim_get_keymap` has it.
---@field ours function

---@type krait.Mapped[]
local mapped = {}

---@param lhs string
---@return table?
local function mapping_of(lhs)
  local raw = vim.keycode(lhs)
  for _, mapping in ipairs(vim.api.nvim_get_keymap('i')) do
    if vim.keycode(mapping.lhs) == raw then
      return mapping
    end
  end
  return nil
end

--- Types `keys` as if the user had; they come before what is typed already.
---@param keys string
---@param remap boolean
local function feed(keys, remap)
  if keys ~= '' then
    vim.api.nvim_feedkeys(keys, remap and 'im' or 'in', false)
  end
end

--- Like |map-<expr>|, whose result is typed.
---@param before table
---@return string
local function expression(before)
  local keys ---@type any
  if before.callback then
    keys = before.callback()
  else
    -- What is shown as <C-N> is the key itself in the expression.
    keys = vim.api.nvim_eval(vim.keycode(before.rhs))
  end
  keys = keys == nil and '' or tostring(keys)
  return before.replace_keycodes == 1 and vim.keycode(keys) or keys
end

--- Does what the key did before.
---@param lhs string
---@param before? table
local function fall_through(lhs, before)
  local raw = vim.keycode(lhs)
  if not before then
    return feed(raw, false)
  end
  local keys ---@type string
  if before.expr == 1 then
    keys = expression(before)
  elseif before.callback then
    before.callback()
    return
  else
    local rhs = (before.rhs or ''):gsub('<SID>', ('<SNR>%d_'):format(before.sid or 0))
    keys = vim.keycode(rhs)
  end
  local remap = before.noremap == 0
  if remap and vim.startswith(keys, raw) then
    -- As Vim has it: what a mapping itself begins with is not mapped again. The last to be
    -- inserted comes first.
    feed(keys:sub(#raw + 1), true)
    return feed(raw, false)
  end
  feed(keys, remap)
end

--- Maps `lhs` to `act`, which returns false if it has nothing to do.
---@param lhs string
---@param act fun(): boolean
---@param description string
local function map(lhs, act, description)
  local before = mapping_of(lhs)
  local theirs = before ~= nil or popup.has_key(lhs)
  local function ours()
    if (theirs and popup.visible()) or not act() then
      fall_through(lhs, before)
    end
  end
  vim.keymap.set('i', lhs, ours, { desc = 'krait: ' .. description, silent = true })
  mapped[#mapped + 1] = { lhs = lhs, before = before, ours = ours }
end

--- Maps the keys of the configuration to the actions.
---@param keymaps krait.Keymaps|false
---@param actions table<string, { act: (fun(): boolean), description: string }>
function M.map(keymaps, actions)
  M.unmap()
  for action, lhs in pairs(keymaps or {}) do
    if lhs then
      map(lhs, actions[action].act, actions[action].description)
    end
  end
end

--- Puts back what was there, except where somebody mapped the key in the meantime.
function M.unmap()
  for _, entry in ipairs(mapped) do
    local now = mapping_of(entry.lhs)
    if now and now.callback == entry.ours then
      vim.api.nvim_del_keymap('i', entry.lhs)
      if entry.before then
        vim.fn.mapset('i', false, entry.before)
      end
    end
  end
  mapped = {}
end

--- The keys that somebody else has mapped since, in `buf` or everywhere.
---@param buf integer
---@return { lhs: string, desc: string, in_buffer: boolean }[]
function M.conflicts(buf)
  local found = {}
  for _, entry in ipairs(mapped) do
    local raw = vim.keycode(entry.lhs)
    local now = mapping_of(entry.lhs)
    if not now or now.callback ~= entry.ours then
      found[#found + 1] = { lhs = entry.lhs, desc = now and now.desc or '', in_buffer = false }
    end
    for _, mapping in ipairs(vim.api.nvim_buf_get_keymap(buf, 'i')) do
      if vim.keycode(mapping.lhs) == raw then
        found[#found + 1] = { lhs = entry.lhs, desc = mapping.desc or '', in_buffer = true }
      end
    end
  end
  return found
end

return M
