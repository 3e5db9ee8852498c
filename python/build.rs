//! Python's symbols are found where the package is loaded: the linker of macOS has to be told.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
