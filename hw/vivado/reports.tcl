# Reports where `edgeml vendor` finds them.
report_utilization -file reports/utilization_routed.rpt
report_utilization -hierarchical -file reports/utilization_hierarchy_routed.rpt
report_timing_summary -max_paths 10 -file reports/timing_summary_routed.rpt
report_power -file reports/power_routed.rpt
puts "edgeml: done"
exit 0
