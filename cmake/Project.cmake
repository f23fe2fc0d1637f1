# Every target links voyager_options: one place for the standard, warnings and sanitizers.
option(VOYAGER_WERROR "Warnings are errors" OFF)
option(VOYAGER_FAILPOINTS "Compile the failpoints in (never in a release build)" OFF)
set(VOYAGER_SANITIZE "" CACHE STRING "Value of -fsanitize=, or empty")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(voyager_options INTERFACE)
target_compile_features(voyager_options INTERFACE cxx_std_20)
target_include_directories(voyager_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(voyager_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wnull-dereference
  -Wimplicit-fallthrough -Wformat=2 -Wextra-semi
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${VOYAGER_WERROR}>:-Werror>)
target_compile_definitions(voyager_options INTERFACE
  VOYAGER_VERSION="${PROJECT_VERSION}"
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>
  $<$<BOOL:${VOYAGER_FAILPOINTS}>:VOYAGER_FAILPOINTS>)
if(VOYAGER_SANITIZE)
  # gcc 12 sees null dereferences in instrumented code where there are none; the other builds look for them.
  target_compile_options(voyager_options INTERFACE -Wno-null-dereference
    -fsanitize=${VOYAGER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(voyager_options INTERFACE -fsanitize=${VOYAGER_SANITIZE})
endif()

# add_layer(base SOURCES a.cpp ... [USES other layers ...] [LINK external libraries ...])
# One folder = one static library; USES is the only way to reach another folder.
function(add_layer name)
  cmake_parse_arguments(L "" "" "SOURCES;USES;LINK" ${ARGN})
  string(REPLACE "/" "_" target ${name})
  list(TRANSFORM L_USES REPLACE "/" "_")
  add_library(voyager_${target} STATIC ${L_SOURCES})
  add_library(voyager::${target} ALIAS voyager_${target})
  list(TRANSFORM L_USES PREPEND "voyager::")
  target_link_libraries(voyager_${target} PUBLIC voyager_options ${L_USES} PRIVATE ${L_LINK})
endfunction()

# add_tests(label name SOURCES ... [USES layers ...] [LINK libs ...] [TIMEOUT seconds] [PROCESSORS n])
# Labels say what a test needs: unit (nothing) | integration (PostgreSQL servers that it starts itself)
# | scenario (the built program end to end) | crash (kills and resumes it).
function(add_tests label name)
  cmake_parse_arguments(T "" "TIMEOUT;PROCESSORS" "SOURCES;USES;LINK" ${ARGN})
  string(REPLACE "/" "_" T_USES "${T_USES}")
  list(TRANSFORM T_USES PREPEND "voyager::")
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 180)
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE voyager_options ${T_USES} ${T_LINK} GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  set(props LABELS ${label} TIMEOUT ${T_TIMEOUT})
  if(T_PROCESSORS)
    list(APPEND props PROCESSORS ${T_PROCESSORS})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX ${label}. DISCOVERY_MODE PRE_TEST PROPERTIES ${props})
endfunction()
