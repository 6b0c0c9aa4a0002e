-- SPDX-License-Identifier: Apache-2.0
local T = require('harness')
local config = require('krait.config')
local settings = require('krait.settings')

local case = T.suite('config')

case('nothing given: the defaults, and nothing sent to the server', function()
  local merged, problems = config.merge(nil)
  T.equal(problems, {})
  T.equal(merged, config.defaults)
  T.equal(vim.json.encode(settings.to_server(merged)), '{"completion":{}}')
  T.equal(settings.command(merged), { 'krait', 'lsp' })
end)

case('while krait is silent, completion is off for the server', function()
  local merged = config.merge({ extent = 'line' })
  T.equal(settings.to_server(merged, true), { completion = { enabled = false, extent = 'line' } })
end)

case('each setting has its name of the server', function()
  local merged, problems = config.merge({
    disabled_files = { '*.env' },
    trigger = 'on_demand',
    extent = 'line',
    debounce_ms = 20,
    prefetch = false,
    max_tokens = 5,
    max_lines = 2,
    file_memory = false,
    repository_memory = false,
    local_only = true,
    min_confidence = -3,
    filetypes = { markdown = false, sh = false },
  })
  T.equal(problems, {})
  T.equal(settings.to_server(merged), {
    completion = {
      languages = { markdown = false, shellscript = false },
      disabled_files = { '*.env' },
      trigger = 'on_demand',
      extent = 'line',
      debounce_ms = 20,
      prefetch = false,
      max_tokens = 5,
      max_lines = 2,
      file_memory = false,
      repository_memory = false,
      local_only = true,
      min_confidence = -3,
    },
  })
end)

case('what is not named is left to the server, which knows what its model can', function()
  local function switches(filetypes)
    return settings.to_server((config.merge({ filetypes = filetypes }))).completion.languages
  end
  T.equal(switches({}), nil)
  T.equal(switches({ markdown = true }), { markdown = true })
  T.equal(switches({ ['*'] = true }), { ['*'] = true })
  T.equal(settings.to_server((config.merge({ min_confidence = 'model' }))).completion, {
    min_confidence = 'model',
  })
end)

case('of filetypes that are one language, one that is on wins', function()
  for _, filetypes in ipairs({ { sh = true, zsh = false }, { bash = false, sh = true } }) do
    filetypes['*'] = false
    local merged = config.merge({ filetypes = filetypes })
    local switches = settings.to_server(merged).completion.languages
    T.equal(switches, { ['*'] = false, shellscript = true })
  end
end)

case('model, threads and memory are options of the command', function()
  local merged = config.merge({
    cmd = { '/opt/krait', 'lsp', '--no-daemon' },
    model = 'my model.gguf',
    threads = 2,
    state_bytes = '512 MiB',
  })
  T.equal(settings.command(merged), {
    '/opt/krait',
    'lsp',
    '--no-daemon',
    '--model',
    'my model.gguf',
    '--threads',
    '2',
    '--state-bytes',
    '512 MiB',
  })
end)

--- A wrong value of each field, and what the message must name.
local wrong = {
  { { cmd = 'krait lsp' }, 'cmd must be a list of words' },
  { { cmd = {} }, 'cmd must be' },
  { { cmd = { './bin/krait', 'lsp' } }, 'absolute path' },
  { { model = 5 }, 'model must be' },
  { { threads = -1 }, 'threads must be a whole number from 0' },
  { { state_bytes = true }, 'state_bytes must be a size' },
  { { filetypes = { 'python' } }, 'filetypes must be' },
  { { filetypes = { python = 1 } }, 'filetypes must be' },
  { { disabled_files = '*.env' }, 'disabled_files must be a list' },
  { { trigger = 'sometimes' }, "trigger must be 'automatic' or 'on_demand', not \"sometimes\"" },
  { { extent = 'page' }, 'extent must be' },
  { { debounce_ms = 1.5 }, 'debounce_ms must be a whole number from 0 to 10000, not 1.5' },
  { { debounce_ms = 10001 }, 'debounce_ms must be' },
  { { prefetch = 1 }, 'prefetch must be true or false, not 1' },
  { { file_memory = 'no' }, 'file_memory must be true or false' },
  { { max_tokens = 0 }, 'max_tokens must be' },
  { { max_lines = 'x' }, 'max_lines must be' },
  { { min_confidence = 0 / 0 }, 'min_confidence must be' },
  { { min_confidence = 1 }, "min_confidence must be 'model', or a number" },
  { { display = 'auto' }, "display must be 'own' or 'builtin'" },
  { { timing = 1 }, 'timing must be true or false' },
  { { highlight = {} }, 'highlight must be' },
  { { root_markers = '.git' }, 'root_markers must be' },
  { { keymaps = true }, 'keymaps must be' },
  { { keymaps = { accept = 5 } }, 'keymaps.accept must be a key' },
  { { keymaps = { acept = '<Tab>' } }, 'keymaps.acept is unknown; there are accept, accept_line' },
  { { debounce = 5 }, 'debounce is unknown; there are cmd, debounce_ms' },
  { { 'krait', extent = 'line' }, '1 is unknown' },
  { 'krait', 'setup must be called with a table' },
}

case('a wrong value is named, and the default stays', function()
  for _, pair in ipairs(wrong) do
    local merged, problems = config.merge(pair[1])
    T.equal(#problems, 1, vim.inspect(pair[1]))
    T.contains(problems[1], pair[2])
    merged.extent = nil
    T.equal(merged, config.defaults, vim.inspect(pair[1]))
  end
end)

case('configure adds to the files that are not read, and takes none away', function()
  local mine = config.merge({ disabled_files = { '*.env', '*.key' } })
  for _, pair in ipairs({
    { {}, { '*.env', '*.key' } },
    { { '*.env', 'data/**' }, { '*.key', '*.env', 'data/**' } },
  }) do
    local merged, problems = config.merge({ disabled_files = pair[1] }, mine)
    T.equal(problems, {})
    T.equal(merged.disabled_files, pair[2])
  end
  T.equal(mine.disabled_files, { '*.env', '*.key' }, 'the base is not changed')
end)

case('only setup allows a file', function()
  local mine, none = config.merge({ disabled_files = { '*.env', '!example.env' } })
  T.equal(none, {})
  local merged, problems = config.merge({ disabled_files = { '!*', '*.key' } }, mine)
  T.equal(problems, { 'disabled_files can only be allowed by setup: !*' })
  T.equal(merged.disabled_files, { '*.env', '!example.env', '*.key' })
end)

case('configure does not choose what is run', function()
  local mine = config.merge({ model = 'mine' })
  for name, value in pairs({ cmd = { '/tmp/x' }, model = 'x', threads = 1, state_bytes = 1 }) do
    local merged, problems = config.merge({ [name] = value }, mine)
    T.equal(problems, { name .. ' can only be set by setup' })
    T.equal(merged, mine)
  end
end)

case('keys can be left out one by one, or all', function()
  local merged = config.merge({ keymaps = { accept = false, next = '<C-j>' } })
  T.equal(merged.keymaps.accept, false)
  T.equal(merged.keymaps.next, '<C-j>')
  T.equal(merged.keymaps.dismiss, '<C-]>')
  T.equal(config.merge({ keymaps = false }).keymaps, false)
  T.equal(config.defaults.keymaps.accept, '<Tab>', 'the defaults are not changed')
end)

--- A file of krait's repository.
---@param name string
---@return file*
local function of_repository(name)
  local root = vim.fs.dirname(vim.fs.dirname(require('child').plugin))
  local file = io.open(root .. '/' .. name)
  if not file then
    T.skip('the plugin is not in its repository')
  end
  return file --[[@as file*]]
end

--- Settings of a session that nobody needs to have per editor.
local left_to_config_toml = {
  'menu_item',
  'min_p',
  'pause_tokens',
  'prefix_tokens',
  'repetition_penalty',
  'repository_context',
  'suffix_tokens',
  'temperature',
  'top_k',
  'top_p',
}

case('every setting of the server can be set here, or is left to config.toml', function()
  local known = {}
  for _, source in ipairs({ 'known_settings.cc', 'remote_settings.cc', 'settings.h' }) do
    local file = of_repository('daemon/config/' .. source)
    for name in file:read('*a'):gmatch('"completion%.([%w_]+)"') do
      known[name] = true
    end
    file:close()
  end
  local everything = config.merge({
    filetypes = { markdown = false },
    disabled_files = { '*.env' },
    trigger = 'on_demand',
    extent = 'line',
    debounce_ms = 20,
    prefetch = false,
    max_tokens = 5,
    max_lines = 2,
    file_memory = false,
    repository_memory = false,
    local_only = true,
    min_confidence = -3,
  })
  local here = vim.tbl_keys(settings.to_server(everything, true).completion)
  vim.list_extend(here, left_to_config_toml)
  local names = vim.tbl_keys(known)
  table.sort(here)
  table.sort(names)
  T.equal(here, names)
end)

case('the version is that of krait', function()
  local cmake = of_repository('CMakeLists.txt')
  T.contains(cmake:read('*a'), 'project(krait VERSION ' .. require('krait.version') .. ' ')
  cmake:close()
end)
