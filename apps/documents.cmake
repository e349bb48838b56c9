# Manual pages and shell completion come out of the programs' own definitions.
include(GNUInstallDirs)

# ww_documents(PROGRAM first-page man-arguments...): `first-page` is written by the arguments, which
# get the folder of all pages behind them.
function(ww_documents program page)
  if(CMAKE_CROSSCOMPILING OR WW_FUZZ)
    return()
  endif()
  set(share ${CMAKE_BINARY_DIR}/share)
  set(bash ${share}/bash-completion/completions/${program})
  set(zsh ${share}/zsh/vendor-completions/_${program})
  set(fish ${share}/fish/vendor_completions.d/${program}.fish)
  get_filename_component(folder ${page} DIRECTORY)
  add_custom_command(
    OUTPUT ${share}/man/${page} ${bash} ${zsh} ${fish}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${share}/man/${folder} ${share}/bash-completion/completions
            ${share}/zsh/vendor-completions ${share}/fish/vendor_completions.d
    COMMAND ${program} ${ARGN}
    COMMAND ${program} completion bash > ${bash}
    COMMAND ${program} completion zsh > ${zsh}
    COMMAND ${program} completion fish > ${fish}
    DEPENDS ${program} VERBATIM)
  add_custom_target(${program}_documents ALL DEPENDS ${share}/man/${page})
  install(FILES ${bash} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT ${program})
  install(FILES ${zsh} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT ${program})
  install(FILES ${fish} DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT ${program})
endfunction()
