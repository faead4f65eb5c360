"""Settings of the documentation site: `make docs` builds it from these pages and the docstrings into site/."""

import hashlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "docs"
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from pysnn.version import __version__  # noqa: E402 - the checkout's own package is found by the line above

project = "pysnn"
author = copyright = "The pysnn developers"  # noqa: A001 - the name is Sphinx's
version = release = __version__
html_title = f"pysnn {version}"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "api_pages", "kept_outputs"]
exclude_patterns = ["_ext", "_static", "tutorials/outputs"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_copy_source = False
html_show_sourcelink = False
# Markdown's indented blocks are commands and formulas as often as Python.
highlight_language = "none"

# Links between pages are those that code hosts follow: files, and headings by their own slugs.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# A tutorial is run once for each state of the package and of its own cells.
sources = sorted(
    path for path in (HERE.parent / "pysnn").rglob("*") if path.suffix in {".py", ".so", ".pyd", ".npz", ".toml"}
)
package = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
nb_execution_mode = "cache"
nb_execution_cache_path = str(BUILD / "notebooks" / package)
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 120
nb_merge_streams = True
# Kernels run the checkout's own package, without what a user keeps in ~/.ipython, and say errors only. One thread of linear
# algebra is the fastest for matrices this small.
profile = BUILD / "ipython" / "profile_default"
profile.mkdir(parents=True, exist_ok=True)
(profile / "ipython_kernel_config.py").write_text("get_config().IPKernelApp.log_level = 40\n", encoding="utf-8")
os.environ |= {"IPYTHONDIR": str(profile.parent), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parent)}

autodoc_member_order = "groupwise"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "mixed"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
