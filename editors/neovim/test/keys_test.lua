-- SPDX-License-Identifier: Apache-2.0
-- Keys that have nothing to do are what they were before, and menus keep theirs.

local T = require('harness')
local child = require('child')

local case = T.suite('keys')

local python = { ['a.py'] = 'def add(a, b):\n    \n' }

--- @param before? string
--- @param setup? table
--- @return krait.test.Child
local function begin(before, setup)
  local nvim = child.start({
    files = python,
    open = 'a.py',
    before = before,
    setup = setup,
    stub = { goals = { 'return a + b' } },
  })
  nvim:input('jA')
  nvim:mode('i')
  return nvim
end

--- What `<Tab>` did before, and what it then types when nothing is suggested.
local fallbacks = {
  ['nothing'] = { '', '    x\t' },
  ['keys'] = { [[vim.cmd('inoremap <Tab> [tab]')]], '    x[tab]' },
  ['keys that are mapped again'] = {
    [[vim.cmd('imap <Tab> [tab'); vim.cmd('inoremap [tab [mapped]')]],
    '    x[mapped]',
  },
  ['itself and more'] = { [[vim.cmd('imap <Tab> <Tab>!')]], '    x\t!' },
  ['an expression'] = {
    [[vim.cmd('inoremap <expr> <Tab> "[" .. toupper("tab") .. "]"')]],
    '    x[TAB]',
  },
  ['a function that returns keys'] = {
    [[vim.keymap.set('i', '<Tab>', function() return '[fn<Right>]' end, { expr = true })]],
    '    x[fn]',
  },
  ['a function'] = {
    [[vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({ '[put]' }, 'c', false, true) end)]],
    '    x[put]',
  },
  ['a plug'] = {
    [[vim.keymap.set('i', '<Plug>(t)', '[plug]'); vim.keymap.set('i', '<Tab>', '<Plug>(t)', { remap = true })]],
    '    x[plug]',
  },
}

for name, pair in vim.spairs(fallbacks) do
  case('<Tab> falls through to ' .. name, function()
    local nvim = begin('vim.o.expandtab = false; vim.g.python_recommended_style = 0\n' .. pair[1])
    nvim:input('x<Tab>')
    nvim:has({ 'def add(a, b):', pair[2] })
    nvim:input('<BS><C-u>return')
    nvim:sees(' a + b')
    nvim:input('<Tab>')
    nvim:wait('it is accepted', function()
      return nvim:lines()[2]:find('return a + b', 1, true)
    end)
  end)
end

case('keys typed behind it stay behind it', function()
  local nvim = begin([[vim.cmd('inoremap <Tab> [tab]')]])
  nvim:input('x<Tab>y<Tab>z')
  nvim:has({ 'def add(a, b):', '    x[tab]y[tab]z' })
end)

case('mappings are back when krait is off', function()
  local mappings = [[
    local found = {}
    for _, mapping in ipairs(vim.api.nvim_get_keymap('i')) do
      mapping.callback = mapping.callback ~= nil
      found[#found + 1] = mapping
    end
    return found
  ]]
  local nvim = child.start({ setup = false, before = [[vim.cmd('inoremap <Tab> [tab]')]] })
  local before = nvim:lua(mappings)
  nvim:lua([[require('krait').setup({ cmd = { 'no-such-program' } })]])
  T.ok(not vim.deep_equal(nvim:lua(mappings), before), 'keys are mapped')
  nvim:lua([[require('krait').disable()]])
  T.equal(nvim:lua(mappings), before)
end)

case('a key that somebody mapped later stays theirs', function()
  local nvim = begin()
  nvim:lua([[vim.keymap.set('i', '<Tab>', '[theirs]')]])
  nvim:lua([[require('krait').disable()]])
  nvim:input('x<Tab>')
  nvim:has({ 'def add(a, b):', '    x[theirs]' })
end)

case('no key is mapped if none is wanted', function()
  local nvim = begin('', { keymaps = false })
  T.equal(
    nvim:lua([[
      return #vim.tbl_filter(function(mapping)
        return (mapping.desc or ''):find('^krait') ~= nil
      end, vim.api.nvim_get_keymap('i'))
    ]]),
    0
  )
end)

case("Neovim's menu stays open, and keeps <Tab>", function()
  local nvim = begin([[
    vim.o.completeopt = 'menuone,noselect'
    vim.cmd('inoremap <expr> <Tab> pumvisible() ? "<C-n>" : "[tab]"')
  ]])
  nvim:input('ret')
  nvim:sees('urn a + b')
  nvim:lua([[
    vim.schedule(function() vim.fn.complete(5, { 'retry', 'retries' }) end)
  ]])
  nvim:wait('the menu is open', function()
    return nvim:lua('return vim.fn.pumvisible()') == 1
  end)
  nvim:input('<Tab>')
  nvim:has({ 'def add(a, b):', '    retry' })
  nvim:input('<Tab>')
  nvim:has({ 'def add(a, b):', '    retries' })
  T.equal(nvim:lua('return vim.fn.pumvisible()'), 1)
  -- And no answer closes it.
  nvim:receives('textDocument/inlineCompletion', 2)
  T.equal(nvim:lua('return vim.fn.pumvisible()'), 1)
  nvim:input('<C-e>')
  nvim:wait('the menu is closed', function()
    return nvim:lua('return vim.fn.pumvisible()') == 0
  end)
end)

case('an open menu of nvim-cmp or blink.cmp keeps <Tab>, not the other keys', function()
  for module, question in pairs({ cmp = 'visible', ['blink.cmp'] = 'is_menu_visible' }) do
    local nvim = begin(([[
      package.loaded[%q] = { [%q] = function() return package.loaded.menu.open end }
      package.loaded.menu = { open = true }
      vim.cmd('inoremap <Tab> [menu]')
    ]]):format(module, question))
    nvim:input('ret')
    nvim:sees('urn a + b')
    nvim:input('<M-Right>')
    nvim:sees(' a + b')
    nvim:input('<Tab>')
    nvim:has({ 'def add(a, b):', '    return[menu]' })
    nvim:lua('package.loaded.menu.open = false')
    nvim:input('<C-u>return')
    nvim:sees(' a + b')
    nvim:input('<Tab>')
    nvim:wait('it is accepted', function()
      return nvim:lines()[2]:find('return a + b', 1, true)
    end)
  end
end)
