-- SPDX-License-Identifier: Apache-2.0
-- Buffers without a name: each is a document of its own, until it gets one.

local T = require('harness')
local child = require('child')

local case = T.suite('unnamed')

---@param setup? table
---@return krait.test.Child
local function start(setup)
  return child.start({ setup = setup, stub = { goals = { 'return a + b' } } })
end

---@param nvim krait.test.Child
---@param method string
---@return string[]
local function uris(nvim, method)
  return vim.tbl_map(function(message)
    return message.params.textDocument.uri
  end, nvim:received(method))
end

for _, display in ipairs({ 'own', 'builtin' }) do
  case('they are completed once their filetype is known (' .. display .. ')', function()
    local nvim = start({ display = display })
    nvim:cmd('set filetype=python')
    nvim:attached()
    local opened = nvim:receives('textDocument/didOpen').params.textDocument
    T.equal(opened.languageId, 'python')
    T.equal(opened.text, '\n')
    T.ok(opened.uri:find('^untitled:'), opened.uri)
    T.equal(nvim:receives('textDocument/didFocus').params.textDocument.uri, opened.uri)
    nvim:input('iret')
    nvim:sees('urn a + b')
    local request = nvim:receives('textDocument/inlineCompletion').params.textDocument
    local change = nvim:receives('textDocument/didChange').params.textDocument
    T.equal(request, change)
    T.equal(request.uri, opened.uri)
    nvim:input('<Tab>')
    nvim:has({ 'return a + b' })
    nvim:receives('workspace/executeCommand')
  end)
end

case('two of them are two documents', function()
  local nvim = start()
  nvim:cmd('set filetype=python | set hidden')
  nvim:attached()
  nvim:input('ire')
  nvim:sees('turn a + b')
  nvim:input('<Esc>')
  nvim:cmd('enew | set filetype=python')
  nvim:attached()
  nvim:input('iret')
  nvim:sees('urn a + b')
  local opened = uris(nvim, 'textDocument/didOpen')
  T.equal(#opened, 2)
  T.ok(opened[1] ~= opened[2], opened[1])
end)

case('one that gets a name is that file from then on', function()
  local nvim = start()
  nvim:cmd('set filetype=python')
  nvim:attached()
  nvim:input('ire')
  nvim:sees('turn a + b')
  nvim:input('<Esc>')
  nvim:cmd('silent write ' .. nvim.folder .. '/named.py')
  nvim:receives('textDocument/didOpen', 2)
  nvim:attached()
  local opened = uris(nvim, 'textDocument/didOpen')
  T.equal(uris(nvim, 'textDocument/didClose'), { opened[1] })
  T.equal(opened[2], vim.uri_from_fname(nvim.folder .. '/named.py'))
  nvim:input('At')
  nvim:sees('urn a + b')
  T.equal(nvim:receives('textDocument/inlineCompletion').params.textDocument.uri, opened[2])
end)

case('one that is deleted is closed, as is one that krait is turned off for', function()
  local nvim = start()
  nvim:cmd('set filetype=python')
  nvim:attached()
  nvim:cmd('Krait disable buffer')
  nvim:receives('textDocument/didClose')
  nvim:cmd('Krait enable buffer')
  nvim:attached()
  nvim:cmd('bdelete')
  nvim:receives('textDocument/didClose', 2)
  T.equal(#nvim:received('textDocument/didOpen'), 2)
end)

case('a server that is started again is told of it', function()
  local nvim = start()
  nvim:cmd('set filetype=python')
  nvim:attached()
  nvim:receives('textDocument/didOpen')
  vim.uv.kill(nvim:receives('started').pid, 'sigkill')
  nvim:receives('textDocument/didOpen', 2)
  nvim:attached()
  nvim:input('iret')
  nvim:sees('urn a + b')
end)
