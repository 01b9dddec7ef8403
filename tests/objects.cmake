# SPDX-License-Identifier: MIT
# Object files for tests, made by "pcasim cc", with the sanitizers of this build where gcc
# makes both. Included by CMakeLists.txt here.
find_program(PCASIM_GCC gcc DOC "Compiles BPF C for tests")
set(objects ${CMAKE_CURRENT_BINARY_DIR}/objects)
file(MAKE_DIRECTORY ${objects})
file(GLOB_RECURSE object_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/pcasim/prog/*)
list(APPEND object_headers ${PROJECT_SOURCE_DIR}/include/pcasim/map_ref.h)

set(object_sanitizers "")
if(PCASIM_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
	set(object_sanitizers -fsanitize=${PCASIM_SANITIZE} -fno-omit-frame-pointer)
endif()

# objects/NAME.so of objects/SOURCE.bpf.c with more options. Checked ones have no sanitizer.
function(add_object name source)
	set(sanitizers ${object_sanitizers})
	if("--checked" IN_LIST ARGN)
		set(sanitizers "")
	endif()
	set(file ${objects}/${name}.so)
	set(from ${CMAKE_CURRENT_SOURCE_DIR}/objects/${source}.bpf.c)
	add_custom_command(OUTPUT ${file}
		COMMAND ${CMAKE_COMMAND} -E env CC=${PCASIM_GCC} $<TARGET_FILE:pcasim_cli> cc
			${sanitizers} ${ARGN} ${from} -o ${file}
		DEPENDS pcasim_cli ${from} ${object_headers} pcasim_checked
			${PROJECT_SOURCE_DIR}/sim/checked.flags
		COMMENT "Compiling the object ${name}" VERBATIM)
	set_property(GLOBAL APPEND PROPERTY PCASIM_TEST_OBJECTS ${file})
endfunction()

add_object(counter counter)
add_object(counter_plain counter -fno-sanitize=all) # constructors of sanitizers take damage for data
add_object(counter_checked counter --checked)
add_object(watched watched --checked)
add_object(scheduled scheduled --checked)
add_object(nulls nulls --checked)
add_object(nulls_plain nulls -fno-sanitize=all)
foreach(level O0 O1 O3)
	add_object(counter_${level} counter -${level})
endforeach()
add_object(loader ../libbpf/loader)
add_object(pinned pinned -DENTRIES=4)
add_object(pinned_larger pinned -DENTRIES=8)
foreach(case STATIC_MAP OLD_MAP MAP_TYPE MAP_IN_MAP SHORT_MAP UNKNOWN_MEMBER TWO_SIZES NO_ENTRIES
		UNKNOWN_DATA THREAD_LOCAL HELPER LIBC KCONFIG UNKNOWN_SECTION REPLACES STATIC_PROG)
	add_object(refused_${case} refused -D${case})
endforeach()
add_object(refused_CHECKED_LIBC refused -DLIBC --checked)
add_object(refused_CHECKED_CONSTRUCTOR refused -DCONSTRUCTOR --checked)
if(NOT object_sanitizers) # which have constructors themselves
	add_object(refused_CONSTRUCTOR refused -DCONSTRUCTOR)
	add_object(refused_LIBRARY refused -DLIBRARY -Wl,--no-as-needed -lc)
	add_object(refused_SYMBOLIC refused -DSYMBOLIC -Wl,-z,nodelete)
	add_object(refused_STRIPPED refused -s)
endif()

get_property(files GLOBAL PROPERTY PCASIM_TEST_OBJECTS)
add_custom_target(test_objects DEPENDS ${files})
foreach(test test_object test_object_damaged test_libbpf_object test_checked_object test_null_reads)
	if(TARGET ${test})
		add_dependencies(${test} test_objects)
		target_compile_definitions(${test} PRIVATE OBJECTS="${objects}")
	endif()
endforeach()
