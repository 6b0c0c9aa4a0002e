-- SPDX-License-Identifier: Apache-2.0
--
-- llama.vim in a real Neovim, typed into: nvim -l llama_vim.lua PLUGIN URL FILE. Prints as JSON what
-- was shown, what was accepted, and the plugin's own line of statistics.
local plugin, url, file = unpack(_G.arg)

local nvim = vim.fn.jobstart({
  vim.v.progpath, '--embed', '--headless', '--clean', '-i', 'NONE', '--cmd',
  'set rtp^=' .. plugin .. ' noswapfile | let g:llama_config = {"endpoint_fim": "' .. url .. '/infill"}',
}, { rpc = true })

local function lua(code, ...) return vim.rpcrequest(nvim, 'nvim_exec_lua', code, { ... }) end
local function input(keys) vim.rpcrequest(nvim, 'nvim_input', keys) end

local shown = [[
  local text, info = '', ''
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })) do
    for _, chunk in ipairs(mark[4].virt_text or {}) do
      if chunk[2] == 'llama_hl_fim_hint' then text = text .. chunk[1] else info = info .. chunk[1] end
    end
    for _, line in ipairs(mark[4].virt_lines or {}) do
      text = text .. '\n'
      for _, chunk in ipairs(line) do text = text .. chunk[1] end
    end
  end
  return { text = text, info = info }
]]

-- What is shown once it is another text than the one before.
local function wait_for_hint(before)
  local now
  local ok = vim.wait(30000, function()
    now = lua(shown)
    return now.text:find('%S') ~= nil and now.text ~= before
  end, 50)
  assert(ok, 'no hint within 30 s: ' .. vim.inspect(now) .. lua('return vim.fn.execute("messages")'))
  return now
end

lua('vim.cmd.edit(...)', file)
input('7GA')
vim.wait(200)
input('appe')
local first = wait_for_hint('')
input('<Tab>')
vim.wait(500, function() return false end)
local text = table.concat(lua('return vim.api.nvim_buf_get_lines(0, 0, -1, false)'), '\n')
input('<Esc>oprint(fo')
local second = wait_for_hint(first.text)
io.stdout:write(vim.json.encode({ first = first, text = text, second = second }))
vim.fn.jobstop(nvim)
