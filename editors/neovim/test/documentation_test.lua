-- SPDX-License-Identifier: Apache-2.0
-- The help file: its tags are those that are committed, and what it must explain is in it.

local T = require('harness')
local child = require('child')
local config = require('krait.config')

local case = T.suite('documentation')

---@param path string
---@return string
local function read(path)
  local file = assert(io.open(path))
  local text = file:read('*a')
  file:close()
  return text
end

case('doc/tags is what :helptags makes', function()
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder, 'p')
  vim.fn.writefile(vim.fn.readfile(child.plugin .. '/doc/krait.txt'), folder .. '/krait.txt')
  vim.cmd.helptags(folder)
  T.equal(read(child.plugin .. '/doc/tags'), read(folder .. '/tags'))
end)

case('each reference leads somewhere', function()
  local help = read(child.plugin .. '/doc/krait.txt')
  local tags = read(child.plugin .. '/doc/tags')
  for reference in help:gmatch('|([%w:._-]+)|') do
    if reference:lower():find('krait') then
      T.ok(('\n' .. tags):find('\n' .. vim.pesc(reference) .. '\t'), reference)
    else
      local found = vim.fn.getcompletion(reference, 'help')
      T.ok(vim.list_contains(found, reference), reference)
    end
  end
end)

case('all settings, keys and subcommands are explained', function()
  local help = read(child.plugin .. '/doc/krait.txt')
  local names = vim.list_extend(vim.tbl_keys(config.defaults), {
    'model',
    'threads',
    'state_bytes',
    'trigger',
    'extent',
    'debounce_ms',
    'prefetch',
    'max_tokens',
    'max_lines',
    'file_memory',
    'repository_memory',
    'local_only',
    'min_confidence',
    'highlight',
  })
  vim.list_extend(names, { 'snooze', 'KraitTiming' })
  vim.list_extend(names, vim.tbl_keys(config.defaults.keymaps))
  for _, name in ipairs(names) do
    T.contains(help, name)
  end
  for _, name in ipairs({ 'ask', 'follow_up' }) do
    T.contains(help, '*:Krait-' .. name .. '*')
  end
  for _, subcommand in ipairs(require('krait.commands').complete('', 'Krait ')) do
    T.contains(help, '*:Krait-' .. subcommand .. '*')
  end
end)

case('lines of the help fit its window', function()
  for number, line in ipairs(vim.fn.readfile(child.plugin .. '/doc/krait.txt')) do
    T.ok(vim.fn.strdisplaywidth(line) <= 78, ('line %d is too long'):format(number))
  end
end)
