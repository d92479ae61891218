"""The list of exceptions is itself kept."""

from house.exceptions import faults_of_the_list


def test_exceptions_have_reasons_and_only_become_fewer():
    assert faults_of_the_list() == []
