import re
from pathlib import Path

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir


class SluiceConan(ConanFile):
    name = "sluice"
    description = "Typed micro-batch stream processing for C++20"
    license = "BSL-1.0"
    topics = ("stream-processing", "micro-batch", "cpp20")
    settings = "os", "arch", "compiler", "build_type"
    options = {"fPIC": [True, False]}
    default_options = {"fPIC": True}
    package_type = "static-library"
    generators = "CMakeDeps"

    @property
    def _top(self):
        return Path(self.recipe_folder, "..", "..")

    def set_version(self):
        text = Path(self._top, "include", "sluice", "version.hpp").read_text(encoding="utf-8")
        self.version = re.search(r'SLUICE_VERSION_STRING "([^"]+)"', text)[1]

    def export_sources(self):
        folders = "include/*", "src/*", "cmake/*", "docs/*.md"
        for what in *folders, "CMakeLists.txt", "LICENSE", "README.md", "CHANGELOG.md":
            copy(self, what, src=self._top, dst=self.export_sources_folder)

    def requirements(self):
        # What users build is made of Boost's headers.
        self.requires("boost/[>=1.81 <2]", transitive_headers=True, options={"header_only": True})

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["SLUICE_BUILD_TESTS"] = False
        toolchain.cache_variables["SLUICE_BUILD_EXAMPLES"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=Path(self.package_folder, "licenses"))
        # CMakeDeps and PkgConfigDeps write their own.
        for folder in "lib/cmake", "lib/pkgconfig", "share":
            rmdir(self, Path(self.package_folder, folder))

    def package_info(self):
        # Whole packages get names that nobody asks for: programs take the one mode or the other.
        self.cpp_info.set_property("cmake_target_name", "sluice::both")
        self.cpp_info.set_property("pkg_config_name", "sluice-both")
        headers = self.cpp_info.components["sluice"]
        headers.set_property("cmake_target_name", "sluice::sluice")
        headers.set_property("pkg_config_name", "sluice")
        headers.libs = []
        headers.requires = ["boost::headers"]
        engine = self.cpp_info.components["engine"]
        engine.set_property("cmake_target_name", "sluice::engine")
        engine.set_property("pkg_config_name", "sluice-engine")
        engine.libs = ["sluice_engine"]
        engine.defines = ["SLUICE_SEPARATE_COMPILATION"]
        engine.requires = ["sluice"]
        if self.settings.os in ("Linux", "FreeBSD"):
            headers.system_libs = ["pthread"]
