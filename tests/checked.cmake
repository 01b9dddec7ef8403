# SPDX-License-Identifier: MIT
# Checked programs: included by CMakeLists.txt here. They take gcc, whatever this build is
# made with.
find_program(PCASIM_GCC gcc)
set(checked_objects ${CMAKE_CURRENT_BINARY_DIR}/checked)
set(checked_sources ${CMAKE_CURRENT_SOURCE_DIR}/checked)
set(checked_flags ${PROJECT_SOURCE_DIR}/sim/checked.flags)
file(MAKE_DIRECTORY ${checked_objects})
foreach(name right wrong)
	add_custom_command(OUTPUT ${checked_objects}/${name}.so
		COMMAND ${PCASIM_GCC} -std=gnu11 -O2 -g -fPIC -shared -nostdlib -Wl,-Bsymbolic -Wall -Wextra -Werror
			@${checked_flags} -I${PCASIM_PROG_INCLUDE} -I${PROJECT_SOURCE_DIR}/include
			${checked_sources}/${name}.bpf.c $<TARGET_FILE:pcasim_checked>
			-o ${checked_objects}/${name}.so
		DEPENDS ${checked_sources}/${name}.bpf.c ${checked_sources}/objects.h
			${checked_flags} ${PCASIM_PROG_INCLUDE}/bpf/bpf_helpers.h pcasim_checked
		COMMENT "Compiling the checked programs ${name}.bpf.c" VERBATIM)
	list(APPEND checked_files ${checked_objects}/${name}.so)
endforeach()
add_custom_target(checked_objects DEPENDS ${checked_files})

add_dependencies(test_checked checked_objects)
# Objects call pca_*, also what the test itself does not.
target_link_options(test_checked PRIVATE LINKER:--export-dynamic)
target_compile_definitions(test_checked PRIVATE CHECKED_OBJECTS="${checked_objects}"
	CHECKED_SOURCES="${checked_sources}")
if(PCASIM_LIBDW_FOUND)
	target_compile_definitions(test_checked PRIVATE HAVE_LINES)
endif()
