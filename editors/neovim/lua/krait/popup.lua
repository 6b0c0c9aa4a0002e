-- SPDX-License-Identifier: Apache-2.0
-- Completion menus: while one is open, its keys are its own.

local M = {}

--- Asks a plugin that is loaded already; one that is not shows no menu.
---@param module string
---@param questions string[] names of its functions, of which the first that there is is asked
---@return boolean
local function asked(module, questions)
  local loaded = package.loaded[module]
  if type(loaded) ~= 'table' then
    return false
  end
  for _, question in ipairs(questions) do
    if type(loaded[question]) == 'function' then
      local ok, answer = pcall(loaded[question])
      return ok and answer == true
    end
  end
  return false
end

--- Whether a menu of Neovim, nvim-cmp or blink.cmp is open.
---@return boolean
function M.visible()
  return vim.fn.pumvisible() == 1
    or asked('cmp', { 'visible' })
    or asked('blink.cmp', { 'is_menu_visible', 'is_visible' })
end

--- Keys that Neovim's own menu understands (|popupmenu-keys|), and the usual ones of the others.
local own_keys = {
  '<Tab>',
  '<S-Tab>',
  '<CR>',
  '<Space>',
  '<Esc>',
  '<BS>',
  '<Up>',
  '<Down>',
  '<PageUp>',
  '<PageDown>',
  '<C-Space>',
  '<C-b>',
  '<C-d>',
  '<C-e>',
  '<C-f>',
  '<C-h>',
  '<C-k>',
  '<C-l>',
  '<C-n>',
  '<C-p>',
  '<C-u>',
  '<C-y>',
}

---@param key string
---@return boolean
function M.has_key(key)
  local raw = vim.keycode(key)
  for _, own in ipairs(own_keys) do
    if vim.keycode(own) == raw then
      return true
    end
  end
  return false
end

return M
