# SPDX-License-Identifier: MIT
# Debian packages by CPack, one for each component: "./dev package" makes them.
set(version ${PROJECT_VERSION}-1)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pcasim)
# Nobody's address: a package must name one, and nobody maintains these.
set(CPACK_PACKAGE_CONTACT "pcasim developers <pcasim@example.org>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_COMPONENTS_ALL runtime development tool)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SOURCE pcasim)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Through DESTDIR, so that what is written says /usr.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
	GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# What Debian's policy wants beyond an installation; makes the file symbols, too.
configure_file(debian/finish.cmake.in debian/finish.cmake @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_BINARY_DIR}/debian/finish.cmake)

# A description is a package's first line and what follows it, at most 80 columns wide.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(summary "simulator of BPF per-CPU array maps")
set(description "pcasim simulates Linux's per-CPU array maps in user space: CPUs, a slab of
memory for each of them, programs that run on a CPU, and the same bpf()
commands, flags and error numbers as the kernel, release by release from 5.10
to 7.3. Code that uses such maps can be tested with it without root, a kernel
or a virtual machine.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libpcasim0)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
	"${summary} - shared library\n${description}")
# A trigger runs ldconfig. CPack would add scripts that do so again, unless they are named
# here; those that are not there are left out of the package.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/debian/triggers
	${CMAKE_CURRENT_BINARY_DIR}/debian/symbols postinst postrm)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libpcasim-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
	"libpcasim0 (= ${version}), libc6-dev | libc-dev, liburcu-dev (>= 0.13), libhwloc-dev (>= 2.9), libbpf-dev (>= 1:1.1), libelf-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
	"${summary} - development files\n${description}

This package holds the headers, the static library, the manual pages of the
functions, and what pkg-config and CMake ask for.")

set(CPACK_DEBIAN_TOOL_PACKAGE_NAME pcasim)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_TOOL_PACKAGE_SUGGESTS "bash-completion, gcc, libpcasim-dev")
set(CPACK_COMPONENT_TOOL_DESCRIPTION
	"${summary} - command line tool\n${description}

The tool shows a simulated machine, replays what real kernels answered, and
compares the simulator with the running kernel.")

include(CPack)
