@echo off
rem The command line of an installed Singular: the Node that the package brings runs it from its source.
set "unpacked=%~dp0..\app.asar.unpacked"
for /d %%d in ("%unpacked%\node_modules\node-win-*") do (
  "%%d\bin\node.exe" --disable-warning=ExperimentalWarning "%unpacked%\src\main\cli\main.ts" %*
  exit /b
)
