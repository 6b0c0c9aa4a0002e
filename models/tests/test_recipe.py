# SPDX-License-Identifier: Apache-2.0
"""The recipe's profiles say only what their steps understand."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from models.corpus.manifest import load_manifest, select
from models.recipe import PROFILES, Recipe, flags, load_profile

# Sections that are a module's options; "packages" is the recipe's own.
PURE_MODULES = {
    "fetch": "corpus.fetch",
    "corpus": "corpus.build",
    "shards": "train.shards",
    "cases": "evaluate.cases",
    "evaluate": "evaluate.measure",
    "card": "card.run",
}
LIBRARY_MODULES = {
    "tokenizer": "tokenizer.train",
    "rows": "train.prepare",
    "train": "train.run",
    "embed": "embed.run",
    "export": "export.run",
    "check": "export.check_llama",
}


def help_of(module: str) -> str:
    command = [sys.executable, "-m", f"models.{module}", "--help"]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=PROFILES.parents[1]
    )
    return result.stdout if result.returncode == 0 else ""


class ProfileTest(unittest.TestCase):
    def check_options(self, modules: dict[str, str]) -> None:
        helps = {section: help_of(module) for section, module in modules.items()}
        for path in sorted(PROFILES.glob("*.toml")):
            for section, options in load_profile(path.stem).items():
                for flag in flags(options) if section in helps else ():
                    if flag.startswith("--"):
                        self.assertIn(flag, helps[section], f"{path.name}: [{section}]")

    def test_options_exist_where_only_the_standard_library_is_needed(self) -> None:
        self.check_options(PURE_MODULES)

    def test_options_exist_where_libraries_are_needed(self) -> None:
        if not help_of("train.run"):
            self.skipTest("needs PyTorch")
        self.check_options(LIBRARY_MODULES)

    def test_sections_and_packages_are_known(self) -> None:
        packages = load_manifest()
        for path in sorted(PROFILES.glob("*.toml")):
            profile = load_profile(path.stem)
            self.assertLessEqual(set(profile), {"packages", *PURE_MODULES, *LIBRARY_MODULES})
            select(packages, profile.get("packages", {}).get("names", []))

    def test_every_step_has_a_command(self) -> None:
        recipe = Recipe(load_profile("gpu"), Path("w"), [Path("c.jsonl")], Path("last.pt"))
        for step, command in recipe.steps.items():
            self.assertTrue(command()[2].startswith("models."), step)
        self.assertIn("--exclude-cases", recipe.steps["corpus"]())
        self.assertIn("--resume", recipe.steps["train"]())

    def test_a_table_of_terms_is_exported_if_there_is_one(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            recipe = Recipe(load_profile("cpu"), Path(folder), [], None)
            self.assertNotIn("--terms", recipe.steps["export"]())
            table = Path(folder) / "embed/terms.npz"
            table.parent.mkdir()
            table.touch()
            command = recipe.steps["export"]()
            self.assertEqual(command[command.index("--terms") + 1], str(table))
            self.assertLess(list(recipe.steps).index("embed"), list(recipe.steps).index("export"))

    def test_flags(self) -> None:
        self.assertEqual(
            flags({"a_b": 1, "c": True, "d": False, "e": ["x", "y"]}),
            ["--a-b", "1", "--c", "--e", "x", "--e", "y"],
        )


if __name__ == "__main__":
    unittest.main()
