-- SPDX-License-Identifier: Apache-2.0
-- Runs all tests in the Neovim that runs this:
--   nvim -l run.lua [PART OF A NAME]
-- KRAIT: the real server's program, for the tests that need it.
-- The last line is the count, also the exit status says whether all passed.

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
package.path = here .. '/?.lua;' .. package.path
vim.opt.runtimepath:prepend(vim.fs.dirname(here))

local harness = require('harness')
local child = require('child')

local files = vim.fn.glob(here .. '/*_test.lua', false, true)
table.sort(files)
for _, file in ipairs(files) do
  dofile(file)
end
local passed, failed, skipped = harness.run(_G.arg[1], child.clean)
io.stdout:write(('%d passed, %d failed, %d skipped\n'):format(passed, failed, skipped))
os.exit(failed == 0 and passed > 0 and 0 or 1)
