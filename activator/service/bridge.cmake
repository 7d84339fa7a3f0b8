# Of its own, so that the command's tests can link it without the activator.
add_library(bridge STATIC ${CMAKE_CURRENT_LIST_DIR}/bridge.cpp)
target_link_libraries(bridge PRIVATE protocol build_flags)
