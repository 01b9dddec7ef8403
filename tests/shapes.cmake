# SPDX-License-Identifier: MIT
# Tests of the public headers and of the shapes that other people's sources have:
# included by CMakeLists.txt here, after it has made the programs of test_*.c.
set(PCASIM_LIBBPF_INCLUDE ${PROJECT_SOURCE_DIR}/include/pcasim/libbpf)
set(PCASIM_PROG_INCLUDE ${PROJECT_SOURCE_DIR}/include/pcasim/prog)

foreach(test test_libbpf_shape test_libbpf_object)
	if(TARGET ${test})
		target_include_directories(${test} BEFORE PRIVATE ${PCASIM_LIBBPF_INCLUDE})
	endif()
endforeach()

# Programs see their own headers and nothing of the test's: objects of their own,
# as the build has them and not optimised.
if(TARGET test_prog_shape)
	foreach(variant prog_shape prog_shape_O0)
		add_library(${variant} OBJECT prog_shape.bpf.c)
		target_include_directories(${variant} PRIVATE ${PCASIM_PROG_INCLUDE}
			${PROJECT_SOURCE_DIR}/include)
		target_link_libraries(${variant} PRIVATE pcasim_flags)
	endforeach()
	target_compile_options(prog_shape_O0 PRIVATE -O0)
	target_link_libraries(test_prog_shape PRIVATE prog_shape)

	add_executable(test_prog_shape_O0 test_prog_shape.c)
	target_link_libraries(test_prog_shape_O0 PRIVATE tests_support prog_shape_O0)
	add_test(NAME test_prog_shape_O0 COMMAND test_prog_shape_O0)
	set_tests_properties(test_prog_shape_O0 PROPERTIES TIMEOUT 120
		ENVIRONMENT "${TESTS_ENVIRONMENT}")
endif()

# The same beside vmlinux.h, with the helpers that are not about maps.
if(TARGET test_helper_shape)
	add_library(helper_shape OBJECT helper_shape.bpf.c)
	target_include_directories(helper_shape PRIVATE ${PCASIM_PROG_INCLUDE}
		${PROJECT_SOURCE_DIR}/include)
	target_link_libraries(helper_shape PRIVATE pcasim_flags)
	target_link_libraries(test_helper_shape PRIVATE helper_shape)
endif()

# Programs as the world has them, which gcc compiles; and the page of all helpers.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT PCASIM_SANITIZE AND NOT PCASIM_VALGRIND)
	add_test(NAME bpf_compile COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/bpf_compile.sh
		${CMAKE_C_COMPILER})
	add_test(NAME helpers_page COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/helpers_page.sh check)
	set_tests_properties(bpf_compile helpers_page PROPERTIES TIMEOUT 300
		ENVIRONMENT "${TESTS_ENVIRONMENT}")
endif()

# A program for libbpf, unchanged.
add_executable(stats_reader libbpf/stats_reader.c)
target_include_directories(stats_reader BEFORE PRIVATE ${PCASIM_LIBBPF_INCLUDE})
target_link_libraries(stats_reader PRIVATE pcasim_static)
add_test(NAME stats_reader COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/stats_reader.sh
	$<TARGET_FILE:stats_reader>)
add_test(NAME stats_reader_kernel COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/stats_reader.sh
	$<TARGET_FILE:stats_reader> ${CMAKE_C_COMPILER} -O2 -Wall -Wextra)

# One with an object: with our headers, and compiled with libbpf's.
add_executable(loader libbpf/loader.c)
target_include_directories(loader BEFORE PRIVATE ${PCASIM_LIBBPF_INCLUDE})
target_link_libraries(loader PRIVATE pcasim_static)
add_dependencies(loader test_objects)
add_library(loader_of_libbpf OBJECT libbpf/loader.c)
add_test(NAME loader COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/loader.sh $<TARGET_FILE:loader>
	${objects}/loader.so)

# The example that README.md shows.
add_executable(readme_example readme_example.c)
target_link_libraries(readme_example PRIVATE pcasim_flags pcasim::pcasim) # as users do
add_test(NAME readme COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/readme.sh
	${PROJECT_SOURCE_DIR}/README.md ${CMAKE_CURRENT_SOURCE_DIR}/readme_example.c
	$<TARGET_FILE:readme_example>)

# Each public header alone. The C++ compiler beside the C one: its name, or none.
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
	set(names clang++)
else()
	set(names g++)
endif()
find_program(PCASIM_CXX_FOR_${CMAKE_C_COMPILER_ID} NAMES ${names}
	DOC "Compiles the public headers as C++")
set(cxx ${PCASIM_CXX_FOR_${CMAKE_C_COMPILER_ID}})
if(NOT cxx)
	set(cxx "")
endif()
add_test(NAME headers COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/headers.sh ${CMAKE_C_COMPILER}
	"${cxx}")

set_tests_properties(stats_reader stats_reader_kernel loader readme headers PROPERTIES
	TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT "${TESTS_ENVIRONMENT}")
