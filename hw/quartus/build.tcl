# quartus_sh -t build.tcl
cd [file dirname [file normalize [info script]]]
load_package flow
project_open edgeml -revision edgeml
if {[catch {execute_flow -compile} told]} {
  puts "Error: the compilation failed: $told"
  project_close
  exit 1
}
project_close
foreach needed {edgeml.fit.rpt edgeml.sta.rpt} {
  if {![file exists [file join reports $needed]]} {
    puts "Error: Quartus wrote no $needed"
    exit 1
  }
}
puts "edgeml: done"
