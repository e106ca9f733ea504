"""Settings of the site. `dlcourse site` gathers its pages in build/site-pages, and calls Sphinx with these."""

project = "Deep learning, measured · 深度学习，以实测为据"
author = "the course's authors"
html_title = "Deep learning, measured"
html_short_title = "Deep learning, measured"
language = "en"

extensions = ["myst_nb", "dlcourse.publishing.site_extension"]
root_doc = "index"
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

nb_execution_mode = "off"  # the chapters are shown as they are stored
nb_code_prompt_show = "Code"
nb_code_prompt_hide = "Code"
nb_render_markdown_format = "myst"  # what a cell prints may hold formulas, tables and figures
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "attrs_block"]
myst_dmath_double_inline = True
myst_dmath_allow_labels = False
myst_heading_anchors = 4
add_module_names = False
toc_object_entries = False

html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"  # formulas are written out when the site is built: no script, no request
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is set
templates_path = ["templates"]
html_favicon = "icon.svg"
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = True
html_domain_indices = False
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
    "home_page_in_toc": True,
    "show_navbar_depth": 1,
    "max_navbar_depth": 2,
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "extra_footer": "Text CC BY 4.0, code MIT. A number between ⟨ ⟩ was measured by the cell above it.",
}
