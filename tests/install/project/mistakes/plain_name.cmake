target_link_libraries(hello PRIVATE rhei)
