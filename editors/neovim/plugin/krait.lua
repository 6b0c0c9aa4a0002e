-- SPDX-License-Identifier: Apache-2.0
-- The command; everything else is loaded when it is needed.

vim.api.nvim_create_user_command('Krait', function(args)
  require('krait.commands').run(args.fargs)
end, {
  nargs = '*',
  bar = true,
  desc = 'krait: code completion',
  complete = function(lead, line)
    return require('krait.commands').complete(lead, line)
  end,
})
